/** Mends the gold of a sentence in place: select characters, give them a label, remove spans. */
import { characters } from './data.js';
import { h, keepFocus } from './dom.js';
import { layLanes, sentence } from './lanes.js';
import { addSpan, mentionsOf, removeSpans } from './verdicts.js';
import { say } from './words.js';

export class SpanEditor {
  /**
   * @param {import('./data.js').Store} store @param {number} row @param {import('./verdicts.js').Mention[]} spans
   * @param {{save: (spans: import('./verdicts.js').Mention[]) => void, cancel: () => void}} done
   */
  constructor(store, row, spans, done) {
    Object.assign(this, { store, row, done });
    this.store = store;
    this.row = row;
    this.done = done;
    this.spans = spans;
    this.from = 0;
    this.to = 1;
    this.size = characters(store.text[row]).length;
    this.element = h('div.editor', { tabindex: '0', role: 'group', 'aria-label': say('editing') });
    this.draw();
  }

  draw() {
    keepFocus(this.element, () => this.drawParts(), this.element);
  }

  drawParts() {
    const { head } = this.store;
    const spans = this.spans.filter((span) => span.start !== null).map((span) => ({
      start: Number(span.start), end: Number(span.end), number: Math.max(0, head.labels.indexOf(span.label)), label: span.label, state: 'ok', title: `${span.label} ${span.text}`,
    }));
    const [low, high] = this.range();
    const text = sentence(characters(this.store.text[this.row]), layLanes(spans), [], { each: (at, cell) => {
      if (at >= low && at < high) cell.classList.add('chosen');
      cell.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => this.begin(at, event));
      cell.addEventListener('pointerenter', (/** @type {PointerEvent} */ event) => event.buttons && this.extend(at));
    } });
    const labels = head.labels.map((/** @type {string} */ label, /** @type {number} */ i) => h(`button.label.c${i % 10}`, { type: 'button', data: { name: `label-${i}` }, onclick: () => this.label(i) }, i < 9 ? `${i + 1} ` : '', label));
    const chips = this.spans.map((span) => h('button.chip', { type: 'button', title: say('remove'), onclick: () => this.drop(span) }, `${span.label} ${span.text} ×`));
    const button = (/** @type {string} */ word, /** @type {() => void} */ act) => h('button', { type: 'button', data: { name: word }, onclick: act }, say(word));
    this.element.replaceChildren(
      h('p.hint', {}, say('editing')), text, h('div.bar', {}, labels), h('div.chips', {}, chips),
      h('div.bar', {}, button('take_answer', () => this.take(false)), button('take_gold', () => this.take(true)), button('save', () => this.done.save(this.spans)), button('cancel', this.done.cancel)),
    );
  }

  range() {
    return this.from < this.to ? [this.from, this.to] : [this.to - 1, this.from + 1];
  }

  /** @param {number} at @param {PointerEvent} event */
  begin(at, event) {
    event.preventDefault();
    if (!event.shiftKey) this.from = at;
    this.to = at >= this.from ? at + 1 : at;
    if (at < this.from) this.to = at + 1;
    this.draw();
  }

  /** @param {number} at */
  extend(at) {
    if (this.to === at + 1) return;
    this.to = at + 1;
    this.draw();
  }

  /** @param {number} i */
  label(i) {
    const label = this.store.head.labels[i];
    if (label === undefined) return;
    const [start, end] = this.range();
    this.spans = addSpan(this.spans, this.store.text[this.row], label, start, end);
    this.draw();
  }

  /** @param {import('./verdicts.js').Mention} span */
  drop(span) {
    this.spans = this.spans.filter((other) => other !== span);
    this.draw();
  }

  /** @param {boolean} isGold */
  take(isGold) {
    this.spans = mentionsOf(this.store, this.row, isGold);
    this.draw();
  }

  /** @param {KeyboardEvent} event @returns {boolean} Whether the key was meant for the editor. */
  key(event) {
    const { key } = event;
    if (key === 'ArrowLeft' || key === 'ArrowRight') this.move(key === 'ArrowRight' ? 1 : -1, event.shiftKey);
    else if (/^[1-9]$/.test(key)) this.label(Number(key) - 1);
    else if (key === 'Delete' || key === 'Backspace') {
      this.spans = removeSpans(this.spans, this.range()[0], this.range()[1]);
      this.draw();
    } else if (key === 'Enter') this.done.save(this.spans);
    else if (key === 'Escape') this.done.cancel();
    else return false;
    return true;
  }

  /** @param {number} step @param {boolean} isExtending */
  move(step, isExtending) {
    const at = Math.min(this.size, Math.max(1, this.to + step));
    this.to = at;
    if (!isExtending) this.from = at - 1;
    this.draw();
  }
}
