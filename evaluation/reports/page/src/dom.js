/** Elements by `createElement` and `textContent` alone: no text is ever read as markup. */

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
    else element.setAttribute(key, value === true ? '' : String(value));
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

/** Put elements in the place of what an element holds. */
export function replace(/** @type {Element} */ element, /** @type {any[]} */ ...children) {
  element.replaceChildren();
  append(element, children);
}
