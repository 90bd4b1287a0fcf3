/** One text in full: its label, the answers, and the text. */
import { h, visibleLines } from '../dom.js';
import { say } from '../words.js';
import { nameOf } from './words.js';

/** @param {import('../data.js').Store} store @param {number} row */
export function classDetail(store, row) {
  const { head, a, b } = store;
  const chip = (/** @type {string} */ who, /** @type {number} */ label, /** @type {string} */ state) => h(`span.chip.c${Math.max(0, label) % 10}.${state}`, {}, `${who}: ${label < 0 ? nameOf('unread') : head.labels[label]}`);
  const answers = sidesOf(store).map(([name, side]) => chip(`${say('answer')} ${name}`.trim(), side.unit.label[row], side.exact[row] ? 'ok' : 'bad'));
  const text = head.is_without_text ? h('p.hash', {}, store.hash[row]) : h('div.whole', {}, lines(store.text[row]));
  return [
    unread(head, a, row, b ? 'A' : ''), b && unread(head, b, row, 'B'),
    h('div.chips', {}, chip(say('gold'), a.unit.gold_label[row], 'ok'), answers), text,
    !head.is_without_text && sidesOf(store).map(([name, side]) => raw(side, row, name)),
  ];
}

/** @returns {[string, import('../data.js').Side][]} */
const sidesOf = (/** @type {import('../data.js').Store} */ store) => (store.b ? [['A', store.a], ['B', store.b]] : [['', store.a]]);

function unread(/** @type {any} */ head, /** @type {import('../data.js').Side} */ side, /** @type {number} */ row, /** @type {string} */ name) {
  if (side.unit.label[row] >= 0) return null;
  return h('div.lost', {}, h('div.hint', {}, `${name} ${nameOf('names_no_label')}`), h('span.piece.outcome', {}, nameOf(head.outcomes[side.outcome[row]] ?? 'unparsable')));
}

function raw(/** @type {import('../data.js').Side} */ side, /** @type {number} */ row, /** @type {string} */ name) {
  const output = side.output[row];
  if (output === null || output === undefined) return h('p.hint', {}, say('no_output'));
  const pre = h('pre.raw', { tabindex: '0' });
  pre.append(visibleLines(output));
  return h('details', { open: true }, h('summary', {}, `${name} ${say('raw')}`), pre);
}

function lines(/** @type {string} */ text) {
  const pre = h('pre.raw.prose', { tabindex: '0' });
  pre.append(visibleLines(text));
  return pre;
}
