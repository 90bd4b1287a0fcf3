/**
 * What is shown: a filter, its form in the URL's hash, and the sentences and entities that pass.
 *
 * Conditions on sentences and conditions on entities are kept apart. A sentence is shown if all of the
 * first hold, and if there is one entity (one unit) for which all of the second hold.
 */
import { parseAddress, writeAddress } from './address.js';
import { allBits, bitsWhere, eachBit, hasBit, intersect, listBits, noBits } from './bits.js';
import { surfaceOf } from './data.js';

/** @typedef {import('./address.js').Filter} Filter */

/** Conditions on one entity. */
export const UNIT_KEYS = ['label', 'role', 'kind', 'pair', 'slice', 'conf', 'surface', 'cause'];
/** Conditions on a sentence. */
export const ROW_KEYS = ['outcome', 'problem', 'exact', 'crit', 'meta', 'ab', 'q', 'in', 'id', 'verdict', 'lost', 'audit', 'side'];
const KEYS = [...UNIT_KEYS, ...ROW_KEYS];

/** @param {string} hash */
export const parseHash = (hash) => parseAddress(hash, KEYS);
/** @param {string} view @param {Filter} [filter] @param {string|null} [at] */
export const toHash = (view, filter = {}, at = null) => writeAddress(view, filter, at, KEYS);

/**
 * @typedef {object} Found
 * @property {Uint32Array} rows Sentences that are shown, in order.
 * @property {number} units Entities that pass; of a problem how often it occurs, of a criterion the sum of what it counts, of an outcome the answers.
 * @property {boolean} asksUnits Whether a condition asks for such a number; without one it is 0.
 * @property {string|null} fault Why the filter cannot be used.
 */

/** The system that conditions are about: A, unless B is asked for. */
export const sideOf = (/** @type {import('./data.js').Store} */ store, /** @type {Filter} */ filter) => (filter.side === 'b' && store.b ? store.b : store.a);

/** Sets that are kept of a page: of 100,000 sentences with 600,000 entities each has 80 kB at most. */
const N_KEPT = 200;
/** Conditions that say how another is meant: they are no conditions alone, or ones that hold with every other. */
const MEANING = ['role', 'in', 'side'];
/** @type {WeakMap<import('./data.js').Store, Map<string, import('./bits.js').Bits>>} */
const kept = new WeakMap();

/**
 * The sentences, or entities, for which one condition holds: looked for once, as nothing but verdicts ever changes.
 * @param {import('./data.js').Store} store @param {Filter} filter @param {string} key @param {number} n
 * @param {(alone: Filter) => (i: number) => boolean} testOf
 */
function bitsOf(store, filter, key, n, testOf) {
  const alone = Object.fromEntries([key, ...MEANING].filter((name) => filter[name] !== undefined).map((name) => [name, filter[name]]));
  const find = () => bitsWhere(n, testOf(alone));
  if (key === 'verdict') return find();
  let sets = kept.get(store);
  if (!sets) kept.set(store, (sets = new Map()));
  const name = JSON.stringify([key, alone]);
  const bits = sets.get(name) ?? find();
  // What was asked for last is dropped last.
  sets.delete(name);
  sets.set(name, bits);
  if (sets.size > N_KEPT) sets.delete(/** @type {string} */ (sets.keys().next().value));
  return bits;
}

/**
 * @param {import('./data.js').Store} store
 * @param {Filter} filter
 * @param {(id: string) => string|null} [verdictOf]
 * @returns {Found}
 */
export function applyFilter(store, filter, verdictOf = () => null) {
  try {
    const rows = allBits(store.n);
    for (const key of ROW_KEYS) {
      if (filter[key] !== undefined && !MEANING.includes(key)) intersect(rows, bitsOf(store, filter, key, store.n, (alone) => rowTest(store, alone, verdictOf)));
    }
    if (UNIT_KEYS.some((key) => filter[key] !== undefined)) return { ...ofUnits(store, filter, rows), asksUnits: true, fault: null };
    const found = listBits(rows);
    const weight = rowWeight(store, filter);
    return { rows: found, units: weight ? found.reduce((sum, row) => sum + weight(row), 0) : 0, asksUnits: weight !== null, fault: null };
  } catch (fault) {
    return { rows: new Uint32Array(0), units: 0, asksUnits: false, fault: String(fault instanceof Error ? fault.message : fault) };
  }
}

/** Sentences of `rows` with an entity that all conditions hold for. */
function ofUnits(/** @type {import('./data.js').Store} */ store, /** @type {Filter} */ filter, /** @type {import('./bits.js').Bits} */ rows) {
  const { row } = sideOf(store, filter);
  const passing = allBits(row.length);
  for (const key of UNIT_KEYS) {
    if (filter[key] !== undefined) intersect(passing, bitsOf(store, filter, key, row.length, (alone) => unitTest(store, alone)));
  }
  const found = noBits(store.n);
  let units = 0;
  eachBit(passing, (u) => {
    const at = row[u];
    if (!hasBit(rows, at)) return;
    units += 1;
    found[at >>> 5] |= 1 << (at & 31);
  });
  return { rows: listBits(found), units };
}

/** What `scores.json` counts more than once in a sentence though no condition is on an entity. @returns {((row: number) => number)|null} */
function rowWeight(/** @type {import('./data.js').Store} */ store, /** @type {Filter} */ filter) {
  const side = sideOf(store, filter);
  if (filter.crit !== undefined) return criterionCount(store, filter);
  if (filter.problem !== undefined) {
    const kind = store.head.problems.indexOf(filter.problem);
    return (row) => side.problems[row].reduce((n, found) => n + Number(found[0] === kind), 0);
  }
  if (filter.outcome === undefined) return null;
  const outcome = store.head.outcomes.indexOf(filter.outcome);
  return (row) => outcomesOf(side, row).reduce((n, found) => n + Number(found === outcome), 0);
}

/** How the answer to a sentence was read; a text that was split has several answers. */
export const outcomesOf = (/** @type {import('./data.js').Side} */ side, /** @type {number} */ row) => side.pieces.get(row) ?? [side.outcome[row]];

/** Which units of a kind of count there are: what `tp`, `n_gold` and the like of scores.json count. */
const ROLES = {
  /** @param {Record<string, import('./data.js').Column>} unit @param {number} u */
  gold: (unit, u) => unit.gold_label[u] >= 0,
  /** @param {Record<string, import('./data.js').Column>} unit @param {number} u */
  pred: (unit, u) => unit.label[u] >= 0,
  /** @param {Record<string, import('./data.js').Column>} unit @param {number} u */
  tp: (unit, u) => unit.kind[u] === 0,
  /** @param {Record<string, import('./data.js').Column>} unit @param {number} u */
  fn: (unit, u) => unit.kind[u] !== 0 && unit.gold_label[u] >= 0,
  /** @param {Record<string, import('./data.js').Column>} unit @param {number} u */
  fp: (unit, u) => unit.kind[u] !== 0 && unit.label[u] >= 0,
  /** @param {Record<string, import('./data.js').Column>} unit @param {number} u */
  err: (unit, u) => unit.kind[u] !== 0,
};

/** Slices of sentences, not of entities. */
const SENTENCE_SLICES = /^(?:entities|sentence|template):/;

/** @param {import('./data.js').Store} store @param {Filter} filter @returns {(u: number) => boolean} */
function unitTest(store, filter) {
  const { head } = store;
  const side = sideOf(store, filter);
  const { unit } = side;
  /** @type {((u: number) => boolean)[]} */
  const tests = [];
  const role = /** @type {keyof ROLES|undefined} */ (filter.role);
  if (role) {
    const counted = ROLES[role];
    if (!counted) throw new Error(`role=${role}`);
    tests.push((u) => counted(unit, u));
  }
  const ofGold = role === 'gold' || role === 'fn' || role === 'tp';
  const ofAnswer = role === 'pred' || role === 'fp';
  if (filter.label !== undefined) {
    const label = head.labels.indexOf(filter.label);
    if (ofGold) tests.push((u) => unit.gold_label[u] === label);
    else if (ofAnswer) tests.push((u) => unit.label[u] === label);
    else tests.push((u) => label >= 0 && (unit.gold_label[u] === label || unit.label[u] === label));
  }
  if (filter.kind !== undefined) {
    const kind = head.kinds.indexOf(filter.kind);
    tests.push((u) => unit.kind[u] === kind);
  }
  if (filter.cause !== undefined) {
    const cause = head.causes.indexOf(filter.cause);
    tests.push((u) => unit.cause[u] === cause);
  }
  if (filter.pair !== undefined) {
    const [gold, label] = JSON.parse(filter.pair).map((/** @type {string|null} */ name) => (name === null ? -1 : head.labels.indexOf(name)));
    tests.push((u) => unit.gold_label[u] === gold && unit.label[u] === label);
  }
  if (filter.conf !== undefined) {
    const whole = head.confidence_unit;
    const [low, high] = filter.conf.split('-').map((x) => Math.round(whole * Number(x)));
    if (filter.conf === 'none') tests.push((u) => unit.confidence[u] < 0);
    else tests.push((u) => unit.confidence[u] >= low && (unit.confidence[u] < high || (high === whole && unit.confidence[u] === whole)));
  }
  if (filter.slice !== undefined) tests.push(sliceTest(store, side, filter.slice, ofGold, ofAnswer));
  if (filter.surface !== undefined) tests.push((u) => surfaceOf(store, side, u) === filter.surface);
  return (u) => tests.every((test) => test(u));
}

/** @param {import('./data.js').Store} store @param {import('./data.js').Side} side @param {string} name @param {boolean} ofGold @param {boolean} ofAnswer */
function sliceTest(store, side, name, ofGold, ofAnswer) {
  const { head, slices } = store;
  const { unit } = side;
  const has = Uint8Array.from(head.slice_sets, (names) => Number(names.includes(name)));
  if (SENTENCE_SLICES.test(name)) return (/** @type {number} */ u) => has[slices[side.row[u]]] === 1;
  const gold = (/** @type {number} */ u) => unit.gold_slices[u] >= 0 && has[unit.gold_slices[u]] === 1;
  const answer = (/** @type {number} */ u) => unit.slices[u] >= 0 && has[unit.slices[u]] === 1;
  if (ofGold) return gold;
  if (ofAnswer) return answer;
  return (/** @type {number} */ u) => gold(u) || answer(u);
}

/** @returns {(row: number) => boolean} */
function rowTest(
  /** @type {import('./data.js').Store} */ store,
  /** @type {Filter} */ filter,
  /** @type {(id: string) => string|null} */ verdictOf,
) {
  const { head, a, b } = store;
  const side = sideOf(store, filter);
  /** @type {((row: number) => boolean)[]} */
  const tests = [];
  if (filter.exact !== undefined) tests.push((row) => side.exact[row] === Number(filter.exact));
  if (filter.id !== undefined) tests.push((row) => store.id[row] === filter.id);
  if (filter.outcome !== undefined) {
    const outcome = head.outcomes.indexOf(filter.outcome);
    tests.push((row) => outcomesOf(side, row).includes(outcome));
  }
  if (filter.problem !== undefined) {
    const kind = head.problems.indexOf(filter.problem);
    tests.push((row) => side.problems[row].some((found) => found[0] === kind));
  }
  if (filter.lost !== undefined) tests.push((row) => hasLost(store, side, row));
  if (filter.audit !== undefined) tests.push((row) => Object.hasOwn(head.findings, store.id[row]));
  if (filter.meta !== undefined) {
    const [key, value] = JSON.parse(filter.meta);
    tests.push((row) => store.meta[row]?.[key] === value);
  }
  if (filter.ab !== undefined && b) {
    const [one, other] = { both: [1, 1], none: [0, 0], a: [1, 0], b: [0, 1] }[filter.ab] ?? [2, 2];
    tests.push((row) => a.exact[row] === one && b.exact[row] === other);
  }
  if (filter.crit !== undefined) tests.push(criterionTest(store, filter));
  if (filter.verdict !== undefined) {
    const asked = filter.verdict;
    tests.push((row) => (asked === 'none' ? verdictOf(store.id[row]) === null : verdictOf(store.id[row]) === asked));
  }
  if (filter.q !== undefined) tests.push(searchTest(store, side, filter.q, filter.in ?? 'text'));
  return (row) => tests.every((test) => test(row));
}

/** Tell whether something in an answer has no place in the sentence: unread, dropped, not aligned. */
export function hasLost(/** @type {import('./data.js').Store} */ store, /** @type {import('./data.js').Side} */ side, /** @type {number} */ row) {
  const outcome = store.head.outcomes[side.outcome[row]];
  if (outcome === 'unparsable' || outcome === 'missing' || outcome === 'salvaged') return true;
  if (side.problems[row].length) return true;
  for (let u = side.first[row]; u < side.first[row + 1]; u += 1) {
    if (side.unit.kind[u] !== 0 && side.unit.label[u] >= 0 && side.unit.start[u] < 0) return true;
  }
  return false;
}

/** @type {WeakMap<import('./data.js').Side, Record<string, any>>} */
const known = new WeakMap();

/**
 * Give what a criterion counts in each sentence.
 * @param {import('./data.js').Store} store @param {string} name @param {import('./data.js').Side} [side]
 * @returns {{tp: Float64Array, n_gold: Float64Array, n_predicted: Float64Array}}
 */
export function criterionColumns(store, name, side = store.a) {
  let columnsOf = known.get(side);
  if (!columnsOf) known.set(side, (columnsOf = {}));
  if (!columnsOf[name]) {
    const columns = strictColumns(store.n, side);
    const criteria = side === store.b ? store.head.criteria_b : store.head.criteria;
    for (const key of /** @type {const} */ (['tp', 'n_gold', 'n_predicted'])) {
      const changed = criteria?.[name]?.[key] ?? [];
      for (let i = 0; i < changed.length; i += 2) columns[key][changed[i]] = changed[i + 1];
    }
    columnsOf[name] = columns;
  }
  return columnsOf[name];
}

function strictColumns(/** @type {number} */ n, /** @type {import('./data.js').Side} */ side) {
  const columns = { tp: new Float64Array(n), n_gold: new Float64Array(n), n_predicted: new Float64Array(n) };
  for (let u = 0; u < side.row.length; u += 1) {
    const row = side.row[u];
    if (side.unit.kind[u] === 0) columns.tp[row] += 1;
    if (side.unit.gold_label[u] >= 0) columns.n_gold[row] += 1;
    if (side.unit.label[u] >= 0) columns.n_predicted[row] += 1;
  }
  return columns;
}

/** Count in a sentence what is asked of a criterion: matches, or what lowers precision, recall or F1. @returns {(row: number) => number} */
function criterionCount(/** @type {import('./data.js').Store} */ store, /** @type {Filter} */ filter) {
  const [name, role] = filter.crit.split(':');
  const { tp, n_gold: gold, n_predicted: predicted } = criterionColumns(store, name, sideOf(store, filter));
  switch (role) {
    case 'tp': return (row) => tp[row];
    case 'n_gold': return (row) => gold[row];
    case 'n_predicted': return (row) => predicted[row];
    case 'precision': return (row) => predicted[row] - tp[row];
    case 'recall': return (row) => gold[row] - tp[row];
    default: return (row) => gold[row] + predicted[row] - 2 * tp[row];
  }
}

/** @returns {(row: number) => boolean} */
function criterionTest(/** @type {import('./data.js').Store} */ store, /** @type {Filter} */ filter) {
  const of = criterionCount(store, filter);
  return (row) => of(row) > 0;
}

/** @returns {(row: number) => boolean} */
function searchTest(/** @type {import('./data.js').Store} */ store, /** @type {import('./data.js').Side} */ side, /** @type {string} */ query, /** @type {string} */ where) {
  const pattern = new RegExp(query, 'iu');
  if (where === 'answer') return (row) => pattern.test(side.output[row] ?? '');
  if (where === 'id') return (row) => pattern.test(store.id[row]);
  if (where === 'entity') {
    return (row) => {
      for (let u = side.first[row]; u < side.first[row + 1]; u += 1) if (pattern.test(surfaceOf(store, side, u))) return true;
      return false;
    };
  }
  return (row) => pattern.test(store.text[row] ?? '');
}
