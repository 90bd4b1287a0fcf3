/** Counts of a data set by split, each in one pass; `applyDataFilter` finds as many for the same condition. */
import { bitOf } from './store.js';

/** @typedef {import('./store.js').DataStore} DataStore */

/** First numbers of bins; the last bin is open. */
export const BINS = {
  n: [0, 1, 2, 3, 4, 5, 6, 8, 11, 16, 21, 51],
  len: [0, 1, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000],
  elen: [1, 2, 3, 4, 5, 6, 7, 9, 11, 16, 21, 31],
  tok: [0, 64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1536, 2048, 3072, 4096, 8192],
};

/** @typedef {{name: string, range: string, counts: Uint32Array}} Bin Counts by split. */

/**
 * Count numbers in bins, by split; empty bins at either end are left out.
 * @param {number[]} firsts @param {number} nSplits @param {number} n @param {(i: number) => number} value @param {(i: number) => number} split
 * @returns {Bin[]}
 */
export function histogram(firsts, nSplits, n, value, split) {
  const bins = firsts.map((first, i) => {
    const last = i + 1 < firsts.length ? firsts[i + 1] - 1 : null;
    const name = last === null ? `${first}+` : first === last ? `${first}` : `${first}–${last}`;
    return { name, range: `${first}-${last ?? ''}`, counts: new Uint32Array(nSplits) };
  });
  for (let i = 0; i < n; i += 1) {
    const x = value(i);
    if (x < firsts[0]) continue;
    let at = firsts.length - 1;
    while (firsts[at] > x) at -= 1;
    bins[at].counts[split(i)] += 1;
  }
  const filled = bins.map((bin) => bin.counts.some((count) => count));
  return bins.slice(Math.max(0, filled.indexOf(true)), filled.lastIndexOf(true) + 1);
}

/**
 * What each split holds.
 * @param {DataStore} store
 */
export function countSplits(store) {
  const { head, n, split, first, length } = store;
  const splits = head.splits.map(() => ({ sentences: 0, entities: 0, empty: 0, characters: 0, longest: 0, surfaces: 0 }));
  for (let row = 0; row < n; row += 1) {
    const here = splits[split[row]];
    const entities = first[row + 1] - first[row];
    here.sentences += 1;
    here.entities += entities;
    here.characters += length[row];
    here.longest = Math.max(here.longest, length[row]);
    if (!entities) here.empty += 1;
  }
  const seen = head.splits.map(() => new Uint8Array(store.surfaces.length));
  for (let e = 0; e < store.row.length; e += 1) seen[split[store.row[e]]][store.entity.surface[e]] = 1;
  splits.forEach((/** @type {any} */ here, /** @type {number} */ i) => { here.surfaces = sum(seen[i]); });
  return splits;
}

/**
 * Entities of each label in each split: `counts[label][split]`. With a mark, those that have it.
 * @param {DataStore} store @param {string|null} [mark] @returns {Uint32Array[]}
 */
export function countLabels(store, mark = null) {
  const { head, entity, split, row } = store;
  const bit = mark === null ? 0 : bitOf(head.marks, mark);
  const counts = head.labels.map(() => new Uint32Array(head.splits.length));
  for (let e = 0; e < row.length; e += 1) if (!bit || entity.marks[e] & bit) counts[entity.label[e]][split[row[e]]] += 1;
  return counts;
}

/** Sentences of each category in each split. */
export function countCategories(/** @type {DataStore} */ store) {
  const counts = store.head.categories.map(() => new Uint32Array(store.head.splits.length));
  for (let row = 0; row < store.n; row += 1) if (store.category[row] >= 0) counts[store.category[row]][store.split[row]] += 1;
  return counts;
}

/** Entities with each mark in each split. */
export function countMarks(/** @type {DataStore} */ store) {
  const { head, entity, split, row } = store;
  const counts = head.marks.map(() => new Uint32Array(head.splits.length));
  for (let e = 0; e < row.length; e += 1) {
    for (let m = 0; entity.marks[e] >> m; m += 1) if ((entity.marks[e] >> m) & 1) counts[m][split[row[e]]] += 1;
  }
  return counts;
}

/** Sentences with each kind of odd character in each split. */
export function countOdd(/** @type {DataStore} */ store) {
  const counts = store.head.odd_kinds.map(() => new Uint32Array(store.head.splits.length));
  for (let row = 0; row < store.n; row += 1) {
    for (let k = 0; store.odd[row] >>> k; k += 1) if ((store.odd[row] >>> k) & 1) counts[k][store.split[row]] += 1;
  }
  return counts;
}

/** Sentences of each split that stand in each split again: `counts[of][in]`. */
export function countTwins(/** @type {DataStore} */ store, /** @type {'exact'|'near'} */ kind) {
  const n = store.head.splits.length;
  const counts = store.head.splits.map(() => new Uint32Array(n));
  for (let row = 0; row < store.n; row += 1) for (let s = 0; s < n; s += 1) if (store[kind][row] & (2 ** s)) counts[store.split[row]][s] += 1;
  return counts;
}

/** Rows of each split with a flag. */
export function countFlag(/** @type {DataStore} */ store, /** @type {string} */ flag) {
  const bit = bitOf(store.head.row_flags, flag);
  const counts = new Uint32Array(store.head.splits.length);
  for (let row = 0; row < store.n; row += 1) if (store.flags[row] & bit) counts[store.split[row]] += 1;
  return counts;
}

/** Rows of each split with more tokens than a limit. */
export function countLonger(/** @type {DataStore} */ store, /** @type {number} */ limit) {
  const counts = new Uint32Array(store.head.splits.length);
  for (let row = 0; row < store.n; row += 1) if (store.prompt[row] + store.answer[row] > limit) counts[store.split[row]] += 1;
  return counts;
}

/**
 * Surfaces of each label, the most frequent first.
 * @param {DataStore} store @returns {{surface: number, counts: Uint32Array, n: number}[][]}
 */
export function countSurfaces(store) {
  const { head, entity, split, row } = store;
  const found = head.labels.map(() => new Map());
  for (let e = 0; e < row.length; e += 1) {
    const known = found[entity.label[e]];
    let counts = known.get(entity.surface[e]);
    if (!counts) known.set(entity.surface[e], (counts = new Uint32Array(head.splits.length)));
    counts[split[row[e]]] += 1;
  }
  return found.map((/** @type {Map<number, Uint32Array>} */ known) => [...known].map(([surface, counts]) => ({ surface, counts, n: sum(counts) })).sort((a, b) => b.n - a.n || a.surface - b.surface));
}

/**
 * Surfaces with several labels, those first of which most mentions are not of the usual label.
 * @param {DataStore} store @returns {{surface: number, labels: Map<number, number>, n: number, against: number}[]}
 */
export function countConflicts(store) {
  const { entity } = store;
  const bit = bitOf(store.head.marks, 'several');
  /** @type {Map<number, Map<number, number>>} */
  const found = new Map();
  for (let e = 0; e < entity.marks.length; e += 1) {
    if (!(entity.marks[e] & bit)) continue;
    let labels = found.get(entity.surface[e]);
    if (!labels) found.set(entity.surface[e], (labels = new Map()));
    labels.set(entity.label[e], (labels.get(entity.label[e]) ?? 0) + 1);
  }
  return [...found].map(([surface, labels]) => {
    const counts = [...labels.values()];
    const n = sum(counts);
    return { surface, labels: new Map([...labels].sort((a, b) => b[1] - a[1] || a[0] - b[0])), n, against: n - Math.max(...counts) };
  }).sort((a, b) => b.against - a.against || b.n - a.n || a.surface - b.surface);
}

/** Different surfaces of each split, and how many of them training has nowhere. */
export function countUnseen(/** @type {DataStore} */ store) {
  const { head, entity, split, row } = store;
  const bit = bitOf(head.marks, 'unseen');
  const all = head.splits.map(() => new Set());
  const unseen = head.splits.map(() => new Set());
  for (let e = 0; e < row.length; e += 1) {
    all[split[row[e]]].add(entity.surface[e]);
    if (entity.marks[e] & bit) unseen[split[row[e]]].add(entity.surface[e]);
  }
  return head.splits.map((/** @type {string} */ _, /** @type {number} */ s) => ({ surfaces: all[s].size, unseen: unseen[s].size }));
}

/**
 * The least values that so many of a hundred do not exceed, as `nerforge doctor` gives them.
 * @param {number[]} percents @param {ArrayLike<number>} values
 */
export function percentiles(percents, values) {
  const ordered = Float64Array.from(values).sort();
  return percents.map((percent) => (ordered.length ? ordered[Math.max(Math.ceil((ordered.length * percent) / 100) - 1, 0)] : 0));
}

/** Two-sided p of two shares being equal, by the pooled normal test of two proportions. */
export function shareTest(/** @type {number} */ a, /** @type {number} */ ofA, /** @type {number} */ b, /** @type {number} */ ofB) {
  const pooled = (a + b) / (ofA + ofB);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / ofA + 1 / ofB));
  if (!(deviation > 0)) return 1;
  return 2 * upperTail(Math.abs(a / ofA - b / ofB) / deviation);
}

/** The normal distribution's tail beyond z >= 0: Abramowitz and Stegun 26.2.17, error below 7.5e-8. */
function upperTail(/** @type {number} */ z) {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

/** @param {ArrayLike<number>} counts @returns {number} */
export function sum(counts) {
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i];
  return total;
}
