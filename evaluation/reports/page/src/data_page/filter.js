/**
 * Which sentences of a data set are shown.
 *
 * A sentence is shown if all conditions on sentences hold, and if there is one entity for which all
 * conditions on entities hold.
 */
import { parseAddress, writeAddress } from '../address.js';
import { bitOf } from './store.js';

/** @typedef {import('../address.js').Filter} Filter */
/** @typedef {import('./store.js').DataStore} DataStore */

/** Conditions on one entity. */
export const ENTITY_KEYS = ['label', 'mark', 'surface', 'elen'];
const ROW_KEYS = ['split', 'cat', 'n', 'len', 'tok', 'ans', 'over', 'odd', 'twin', 'flag', 'like', 'meta', 'audit', 'id', 'q', 'in'];
const KEYS = [...ENTITY_KEYS, ...ROW_KEYS];

/** @param {string} hash */
export const parseHash = (hash) => parseAddress(hash, KEYS);
/** @param {string} view @param {Filter} [filter] @param {string|null} [at] */
export const toHash = (view, filter = {}, at = null) => writeAddress(view, filter, at, KEYS);

/** @param {DataStore} store @param {Filter} filter @returns {import('../filter.js').Found} */
export function applyDataFilter(store, filter) {
  const asksUnits = ENTITY_KEYS.some((key) => filter[key] !== undefined);
  /** @type {((row: number) => boolean)[]} */
  let tests;
  /** @type {((e: number) => boolean)[]} */
  let counts;
  try {
    tests = rowTests(store, filter);
    counts = asksUnits ? entityTests(store, filter) : [];
  } catch (fault) {
    return { rows: new Uint32Array(0), units: 0, asksUnits, fault: String(fault instanceof Error ? fault.message : fault) };
  }
  const rows = new Uint32Array(store.n);
  let n = 0;
  let units = 0;
  for (let row = 0; row < store.n; row += 1) {
    if (!passes(tests, row)) continue;
    if (asksUnits) {
      let here = 0;
      for (let e = store.first[row]; e < store.first[row + 1]; e += 1) if (passes(counts, e)) here += 1;
      if (!here) continue;
      units += here;
    }
    rows[n] = row;
    n += 1;
  }
  return { rows: rows.slice(0, n), units, asksUnits, fault: null };
}

function passes(/** @type {((x: number) => boolean)[]} */ tests, /** @type {number} */ x) {
  for (const test of tests) if (!test(x)) return false;
  return true;
}

function entityTests(/** @type {DataStore} */ store, /** @type {Filter} */ filter) {
  const { head, entity } = store;
  /** @type {((e: number) => boolean)[]} */
  const tests = [];
  if (filter.label !== undefined) {
    const label = head.labels.indexOf(filter.label);
    tests.push((e) => entity.label[e] === label);
  }
  if (filter.mark !== undefined && filter.mark !== 'any') {
    const bits = filter.mark.split(',').map((name) => bitOf(head.marks, name));
    tests.push((e) => bits.some((bit) => entity.marks[e] & bit));
  }
  if (filter.surface !== undefined) {
    const surface = store.surfaces.indexOf(filter.surface);
    tests.push((e) => entity.surface[e] === surface);
  }
  if (filter.elen !== undefined) {
    const within = rangeTest(filter.elen);
    tests.push((e) => entity.start[e] >= 0 && within(entity.end[e] - entity.start[e]));
  }
  return tests;
}

/** @param {string} range As `10-19`, or `51-` without an end. @returns {(x: number) => boolean} */
function rangeTest(range) {
  const [low, high] = range.split('-');
  const [least, most] = [Number(low), high ? Number(high) : Infinity];
  if (Number.isNaN(least) || Number.isNaN(most)) throw new Error(range);
  return (x) => x >= least && x <= most;
}

function rowTests(/** @type {DataStore} */ store, /** @type {Filter} */ filter) {
  const { head } = store;
  /** @type {((row: number) => boolean)[]} */
  const tests = [];
  if (filter.split !== undefined) {
    const split = head.splits.indexOf(filter.split);
    tests.push((row) => store.split[row] === split);
  }
  if (filter.cat !== undefined) {
    const category = head.categories.indexOf(filter.cat);
    tests.push((row) => store.category[row] === category);
  }
  for (const [key, size] of sizes(store)) {
    if (filter[key] === undefined) continue;
    const within = rangeTest(filter[key]);
    tests.push((row) => within(size(row)));
  }
  if (filter.over !== undefined) {
    const limit = Number(filter.over);
    tests.push((row) => store.prompt[row] + store.answer[row] > limit);
  }
  if (filter.odd !== undefined) {
    const bit = bitOf(head.odd_kinds, filter.odd);
    const any = filter.odd === 'any';
    tests.push((row) => (any ? store.odd[row] !== 0 : Boolean(store.odd[row] & bit)));
  }
  if (filter.flag !== undefined) {
    const bit = bitOf(head.row_flags, filter.flag);
    tests.push((row) => Boolean(store.flags[row] & bit));
  }
  if (filter.twin !== undefined) tests.push(twinTest(store, filter.twin));
  if (filter.like !== undefined) tests.push(likeTest(store, filter.like));
  if (filter.meta !== undefined) {
    const [key, value] = JSON.parse(filter.meta);
    tests.push((row) => store.meta[row]?.[key] === value);
  }
  if (filter.audit !== undefined) tests.push((row) => Object.hasOwn(head.findings, store.id[row]));
  if (filter.id !== undefined) tests.push((row) => store.id[row] === filter.id);
  if (filter.q) tests.push(searchTest(store, filter.q, filter.in ?? 'text'));
  return tests;
}

/** @returns {[string, (row: number) => number][]} */
const sizes = (/** @type {DataStore} */ store) => [
  ['n', (row) => store.first[row + 1] - store.first[row]],
  ['len', (row) => store.length[row]],
  ['tok', (row) => store.prompt[row] + store.answer[row]],
  ['ans', (row) => store.answer[row]],
];

/**
 * `exact:train`: another sentence of train says the same; `near:own`, `exact:other`: of the own split, of another one.
 * @param {DataStore} store @param {string} asked @returns {(row: number) => boolean}
 */
function twinTest(store, asked) {
  const [kind, where] = asked.split(':');
  const column = kind === 'near' ? store.near : store.exact;
  if (where === 'any') return (row) => column[row] !== 0;
  if (where === 'own') return (row) => Boolean(column[row] & (2 ** store.split[row]));
  if (where === 'other') return (row) => Boolean(column[row] & ~(2 ** store.split[row]));
  const bit = bitOf(store.head.splits, where);
  return (row) => Boolean(column[row] & bit);
}

/** A sentence with those that say the same or nearly the same. */
function likeTest(/** @type {DataStore} */ store, /** @type {string} */ id) {
  const row = store.id.indexOf(id);
  const group = store.group[row] ?? -1;
  const texts = new Set((store.similar.get(row) ?? []).map(([other]) => other));
  const groups = new Set([...texts].map((other) => store.group[other]).filter((x) => x >= 0));
  if (group >= 0) groups.add(group);
  return (/** @type {number} */ other) => other === row || texts.has(other) || groups.has(store.group[other]);
}

/** @returns {(row: number) => boolean} */
function searchTest(/** @type {DataStore} */ store, /** @type {string} */ query, /** @type {string} */ where) {
  const pattern = new RegExp(query, 'iu');
  if (where === 'id') return (row) => pattern.test(store.id[row]);
  if (where === 'answer') return (row) => Boolean(store.rows[row]) && pattern.test(answerOf(store.rows[row]));
  if (where === 'entity') {
    // Each surface is looked at once, however often it occurs.
    const fits = store.surfaces.map((surface) => pattern.test(surface));
    return (row) => {
      for (let e = store.first[row]; e < store.first[row + 1]; e += 1) if (fits[store.entity.surface[e]]) return true;
      return false;
    };
  }
  return (row) => pattern.test(store.text[row] ?? '');
}

const answerOf = (/** @type {any} */ packed) => (typeof packed[0] === 'number' ? packed[3] : packed.at(-1)[1]);
