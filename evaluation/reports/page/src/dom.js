/** Elements by `createElement` and `textContent` alone: no text is ever read as markup. */

/** Attributes that are read or seen. */
const SHOWN = new Set(['title', 'aria-label', 'placeholder']);
const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} name Tag with classes: `button.on.small`.
 * @param {Record<string, any>} [given] Attributes; `onX` are listeners, `data` is the dataset.
 * @param {...any} children Elements, or anything that is shown as text.
 * @returns {any}
 */
export function h(name, given = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = tag === 'svg' ? document.createElementNS(SVG, tag) : document.createElement(tag);
  if (classes.length) element.setAttribute('class', classes.join(' '));
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'data') Object.assign(/** @type {any} */ (element).dataset, value);
    else if (key === 'value' || key === 'checked') /** @type {any} */ (element)[key] = value;
    else element.setAttribute(key, value === true ? '' : SHOWN.has(key) ? visibleLines(String(value)) : String(value));
  }
  append(element, children);
  return element;
}

function append(/** @type {Element} */ element, /** @type {any[]} */ children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : visible(String(child)));
  }
}

/** What cannot be seen, or turns the reading direction: controls, formats, separators, halves of pairs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/u;
const HIDDEN_ALL = new RegExp(HIDDEN.source, 'gu');

/** Write out what cannot be seen: U+202E becomes `⟨202E⟩`. */
export function visible(/** @type {string} */ text) {
  return HIDDEN.test(text) ? text.replace(HIDDEN_ALL, mark) : text;
}

/** Do the same for text of several lines, which stay. */
export const visibleLines = (/** @type {string} */ text) => text.split('\n').map(visible).join('\n');

function mark(/** @type {string} */ character) {
  const code = /** @type {number} */ (character.codePointAt(0));
  return `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** Put a text in the place of the one that an element holds; its node stays. */
export function setText(/** @type {Element} */ element, /** @type {string} */ text) {
  const node = /** @type {Text|null} */ (element.firstChild);
  if (node) node.data = visible(text);
  else element.append(visible(text));
}

/** Put elements in the place of what an element holds. */
export function replace(/** @type {Element} */ element, /** @type {any[]} */ ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Redraw what an element holds; the focus stays on what has the same `data-name` there, else goes to `other`.
 * @param {any} element @param {() => void} draw @param {any} other
 */
export function keepFocus(element, draw, other) {
  const active = document.activeElement;
  const name = active && active !== element && element.contains(active) ? /** @type {HTMLElement} */ (active).dataset.name ?? '' : null;
  draw();
  if (name === null || element.contains(document.activeElement)) return;
  const same = [...element.querySelectorAll('[data-name]')].find((one) => one.dataset.name === name);
  (same ?? other).focus({ preventScroll: true });
}

/** Ask for a text; `done` gets it, unless it is cancelled. */
export function askText(/** @type {string} */ title, /** @type {string} */ value, /** @type {(text: string) => void} */ done) {
  const input = h('input', { type: 'text', value, 'aria-label': title });
  const close = () => { dialog.close(); dialog.remove(); };
  const save = () => { close(); done(input.value); };
  const dialog = h('dialog.ask', { 'aria-label': title, onclose: () => dialog.remove() }, h('p', {}, title), input, h('div.bar', {}, h('button', { type: 'button', onclick: save }, 'OK'), h('button', { type: 'button', onclick: close }, '×')));
  input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => { if (event.key === 'Enter') save(); });
  document.body.append(dialog);
  dialog.showModal();
}
