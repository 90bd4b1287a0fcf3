/** One sentence of a data set in full: gold on lanes, its marks, its twins, and the row that is trained on. */
import { h, visible } from '../dom.js';
import { layLanes, sentence } from '../lanes.js';
import { sayWritten } from '../reasons.js';
import { say, sayOf } from '../words.js';
import { chatView } from './chat.js';
import { toHash } from './filter.js';
import { characters, valueOf } from './store.js';

/** @typedef {import('./store.js').DataStore} DataStore */
const N_TWINS = 6;
const CLIP = 120;

/** @param {DataStore} store @param {number} row */
export function dataDetail(store, row) {
  const { head } = store;
  const shown = head.is_without_text ? [h('p.hash', {}, store.hash[row])] : [lanes(store, row), chips(store, row)];
  return [facts(store, row), ...shown, entityTable(store, row), findingList(store, row), twins(store, row), !head.is_without_text && chatView(store, row)];
}

/** What is to be known of the sentence as a whole. */
function facts(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const { head } = store;
  const found = [h('a.chip', { href: toHash('browse', { split: head.splits[store.split[row]] }) }, `${say('split')}: ${head.splits[store.split[row]]}`), h('span.chip', {}, `${store.length[row]} ${say('characters')}`)];
  if (store.category[row] >= 0) found.push(h('a.chip', { href: toHash('browse', { cat: head.categories[store.category[row]] }) }, `${say('category')}: ${head.categories[store.category[row]]}`));
  head.row_flags.forEach((/** @type {string} */ flag, /** @type {number} */ bit) => { if (store.flags[row] & (2 ** bit)) found.push(h('a.chip.bad', { href: toHash('browse', { flag }) }, say(flag))); });
  head.odd_kinds.forEach((/** @type {string} */ odd, /** @type {number} */ bit) => { if (store.odd[row] & (2 ** bit)) found.push(h('a.chip.bad', { href: toHash('browse', { odd }) }, say(`odd_${odd}`))); });
  return h('div.chips', {}, found);
}

const marksOf = (/** @type {DataStore} */ store, /** @type {number} */ e) => store.head.marks.filter((/** @type {string} */ _, /** @type {number} */ bit) => store.entity.marks[e] & (2 ** bit));

function lanes(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const { entity, head, first } = store;
  const spans = [];
  for (let e = first[row]; e < first[row + 1]; e += 1) {
    if (entity.start[e] < 0) continue;
    const label = head.labels[entity.label[e]];
    const value = store.values.get(e);
    const title = visible(`${label} ${valueOf(store, e)} ${entity.start[e]}-${entity.end[e]}`);
    spans.push({ start: entity.start[e], end: entity.end[e], number: entity.label[e], label: value === undefined ? label : `${label}=${value}`, state: 'ok', title });
  }
  return h('div.aligned', {}, sentence(characters(store.text[row]), layLanes(spans), []));
}

/** Entities without a place. */
function chips(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const { entity, head, first } = store;
  const found = [];
  for (let e = first[row]; e < first[row + 1]; e += 1) {
    if (entity.start[e] < 0) found.push(h(`span.chip.c${entity.label[e] % 10}`, {}, `${head.labels[entity.label[e]]} ${valueOf(store, e)}`));
  }
  return found.length > 0 && h('div.chips', {}, h('span.hint', {}, say('inferred')), found);
}

function entityTable(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const { entity, head, first } = store;
  const rows = [];
  for (let e = first[row]; e < first[row + 1]; e += 1) {
    const label = head.labels[entity.label[e]];
    const surface = store.surfaces[entity.surface[e]];
    const place = entity.start[e] < 0 ? '–' : `${entity.start[e]}–${entity.end[e]}`;
    const marks = marksOf(store, e).map((/** @type {string} */ mark) => h('a.badge.warn', { href: toHash('browse', { mark }) }, say(`mark_${mark}`)));
    rows.push(h('tr', {}, h('td', {}, h('a.num', { href: toHash('browse', { label }) }, label)), h('td', {}, h('a.num', { href: toHash('browse', { surface }) }, surface)), h('td', {}, store.values.get(e) ?? ''), h('td', {}, place), h('td', {}, h('div.bar', {}, marks))));
  }
  if (!rows.length) return head.labels.length > 0 && h('p.hint', {}, say('no_entities'));
  return h('div.scroll', {}, h('table.why', {}, h('thead', {}, h('tr', {}, ['label', 'surface', 'stated_value', 'place', 'mark'].map((word) => h('th', {}, say(word))))), h('tbody', {}, rows)));
}

/** Other sentences that say the same, or nearly. */
function twins(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const { head, id } = store;
  const line = (/** @type {number} */ other, /** @type {string} */ note) => h('p.twin', {}, h('a', { href: toHash('browse', { like: id[row] }, id[other]) }, `${head.splits[store.split[other]]} ${id[other]}`), h('span.hint', {}, ` ${note} `), h('span', {}, (store.text[other] ?? '').slice(0, CLIP)));
  const same = store.group[row] < 0 ? [] : sameText(store, row);
  const similar = store.similar.get(row) ?? [];
  if (!same.length && !similar.length) return null;
  return h('div.twins', {}, same.length > 0 && [h('h3', {}, `${say('same_text')} `, h('span.hint', {}, String(same.length))), same.slice(0, N_TWINS).map((other) => line(other, differs(store, row, other) ? say('contradicted') : ''))],
    similar.length > 0 && [h('h3', {}, say('similar')), similar.map(([other, thousandths]) => line(other, `${(thousandths / 10).toFixed(1)} %`))],
    h('a.chip', { href: toHash('browse', { like: id[row] }) }, say('show_all')));
}

function sameText(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const found = [];
  for (let other = 0; other < store.n; other += 1) if (other !== row && store.group[other] === store.group[row]) found.push(other);
  return found;
}

/** Tell whether two sentences have other entities or another class. */
function differs(/** @type {DataStore} */ store, /** @type {number} */ row, /** @type {number} */ other) {
  const { entity, first, category } = store;
  const said = (/** @type {number} */ x) => Array.from({ length: first[x + 1] - first[x] }, (_, i) => first[x] + i).map((e) => [entity.label[e], entity.start[e], entity.end[e], valueOf(store, e)].join('\u0000')).sort().join('\u0001');
  return category[row] !== category[other] || said(row) !== said(other);
}

function findingList(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const found = Object.hasOwn(store.head.findings, store.id[row]) ? store.head.findings[store.id[row]] : [];
  const line = (/** @type {any} */ entity) => (entity ? `${entity.label} ${entity.text ?? ''} ${entity.start}-${entity.end}` : '–');
  return found.length > 0 && h('div.findings', {}, h('div.hint', {}, say('findings')), found.map((/** @type {any} */ x) => h('p', {}, h('b', {}, sayOf('audit', x.kind)), ` ${line(x.gold)} → ${line(x.proposed)}: ${sayWritten(x.reason)}`)));
}
