/** Numbers of the summary as links: each says how many entities or sentences it leads to. */
import { h } from './dom.js';
import { toHash } from './filter.js';

/** @typedef {import('./filter.js').Filter} Filter */

export const percent = (/** @type {number} */ value) => (100 * value).toFixed(1);
export const count = (/** @type {number} */ n) => (Number.isInteger(n) ? n.toLocaleString('en-US') : n.toFixed(1));

/** An interval behind its figure. */
export function interval(/** @type {number|null|undefined} */ low, /** @type {number|null|undefined} */ high) {
  return typeof low === 'number' && typeof high === 'number' ? h('span.hint.interval', {}, ` (${percent(low)}–${percent(high)})`) : null;
}

/**
 * A number that leads to its sentences.
 * @param {any} text @param {Filter} filter
 * @param {{n?: number|null, of?: 'units'|'rows'|'counted', title?: string}} [leads] How many of what it leads to, where that is known.
 */
export function link(text, filter, { n = null, of = 'units', title = '' } = {}) {
  return h('a.num', { href: toHash('browse', filter), title: title || null, data: n === null ? {} : { n, of } }, text);
}

/** A count that leads to what it counts; there is nothing behind a zero. */
export function countLink(/** @type {number|null} */ n, /** @type {Filter} */ filter, /** @type {'units'|'rows'|'counted'} */ of = 'units') {
  if (n === null) return h('a.num', { href: toHash('browse', filter) }, '…');
  return n ? link(count(n), filter, { n, of }) : h('span.zero', {}, '0');
}

/** @param {any[]} head @param {any[][]} rows */
export function table(head, rows) {
  return h('div.scroll', {}, h('table', {},
    h('thead', {}, h('tr', {}, head.map((cell) => h('th', {}, cell)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell, i) => h(i ? 'td' : 'th', {}, cell)))))));
}

/** A figure that counts nothing, such as p: it has no sentences. */
export const figure = (/** @type {any} */ text) => h('span.figure', {}, text);
