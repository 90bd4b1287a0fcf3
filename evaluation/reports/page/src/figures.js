/** Figures of the sentences that are shown; whole sets get theirs from scores.json. */
import { surfaceOf } from './data.js';

/** F1 of counts; 0 where it is not defined, as in scores.json. */
export const f1 = (/** @type {number} */ tp, /** @type {number} */ gold, /** @type {number} */ predicted) => (gold + predicted ? (2 * tp) / (gold + predicted) : 0);

/** Strict counts of sentences. */
export function countStrict(/** @type {import('./data.js').Side} */ side, /** @type {ArrayLike<number>} */ rows) {
  let tp = 0;
  let gold = 0;
  let predicted = 0;
  for (let i = 0; i < rows.length; i += 1) {
    for (let u = side.first[rows[i]]; u < side.first[rows[i] + 1]; u += 1) {
      if (side.unit.kind[u] === 0) tp += 1;
      if (side.unit.gold_label[u] >= 0) gold += 1;
      if (side.unit.label[u] >= 0) predicted += 1;
    }
  }
  return { tp, gold, predicted, f1: f1(tp, gold, predicted) };
}

/**
 * How often two systems are right on the same sentences.
 * @param {import('./data.js').Store} store @param {ArrayLike<number>} rows
 */
export function countPaired(store, rows) {
  const counts = { both: 0, none: 0, a: 0, b: 0 };
  if (!store.b) return counts;
  for (let i = 0; i < rows.length; i += 1) {
    const [one, other] = [store.a.exact[rows[i]], store.b.exact[rows[i]]];
    counts[one ? (other ? 'both' : 'a') : (other ? 'b' : 'none')] += 1;
  }
  return counts;
}

/**
 * Exact McNemar test: two-sided binomial p of `a` against `b` at 1/2.
 * Twice the smaller tail, 1 at most (Fagerland et al. 2013, https://doi.org/10.1186/1471-2288-13-91).
 */
export function mcnemar(/** @type {number} */ a, /** @type {number} */ b) {
  const n = a + b;
  if (!n) return 1;
  // log C(n, k) - n log 2, step by step from k = 0.
  let term = -n * Math.LN2;
  let tail = Math.exp(term);
  for (let k = 1; k <= Math.min(a, b); k += 1) {
    term += Math.log(n - k + 1) - Math.log(k);
    tail += Math.exp(term);
  }
  return Math.min(1, 2 * tail);
}

/**
 * Group the errors of sentences by surface, with the F1 gained if all of a surface were mended.
 * A mended pair is a match: one more of `tp`; a spurious entity is gone, a missed one found.
 * @param {import('./data.js').Store} store @param {ArrayLike<number>} rows @param {import('./data.js').Side} [side]
 */
export function groupSurfaces(store, rows, side = store.a) {
  const whole = countStrict(side, Uint32Array.from({ length: store.n }, (_, i) => i));
  /** @type {Map<string, {surface: string, n: number, missed: number, spurious: number, gain: number}>} */
  const groups = new Map();
  for (let i = 0; i < rows.length; i += 1) {
    for (let u = side.first[rows[i]]; u < side.first[rows[i] + 1]; u += 1) {
      if (side.unit.kind[u] === 0) continue;
      const surface = surfaceOf(store, side, u);
      let group = groups.get(surface);
      if (!group) groups.set(surface, (group = { surface, n: 0, missed: 0, spurious: 0, gain: 0 }));
      group.n += 1;
      if (side.unit.gold_label[u] >= 0) group.missed += 1;
      if (side.unit.label[u] >= 0) group.spurious += 1;
    }
  }
  for (const group of groups.values()) {
    // Gold stays; of the answer's entities the wrong ones go, and the missed ones come.
    const predicted = whole.predicted - group.spurious + group.missed;
    group.gain = f1(whole.tp + group.missed, whole.gold, predicted) - whole.f1;
  }
  return [...groups.values()].sort((x, y) => y.gain - x.gain || (x.surface < y.surface ? -1 : 1));
}
