/** Unpacks the sentences of a report into columns. */

/** @typedef {Int8Array|Int16Array|Int32Array} Column */

/**
 * @typedef {object} Side What one system answered.
 * @property {(string|null)[]} output
 * @property {Int8Array} outcome
 * @property {Uint8Array} exact
 * @property {Map<number, {changes: any[], marks: any[]}>} grounding What grounding changed in an answer, or left open.
 * @property {Map<number, number[]>} pieces Outcomes of the rows that a text was split into.
 * @property {[number, string][][]} problems
 * @property {Uint32Array} first First unit of each sentence, and one behind the last.
 * @property {Record<string, Column>} unit Columns of the units by name.
 * @property {Uint32Array} row Sentence of each unit.
 * @property {Map<number, [string|null, string|null]>} values
 * @property {Map<number, [import('./reasons.js').Reason|null, import('./reasons.js').Reason|null]>} why
 */

/**
 * @typedef {object} Store
 * @property {any} head
 * @property {number} n
 * @property {string[]} id
 * @property {string[]} text
 * @property {string[]} hash
 * @property {Record<string, string>[]} meta
 * @property {Int32Array} slices
 * @property {Side} a
 * @property {Side|null} b
 * @property {import('./training.js').Training|null} training Null until it is unpacked, and without training gold.
 */

/** @param {string} packed Base64 of gzip of JSON. */
export async function unpack(packed) {
  const binary = atob(packed.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).json();
}

/** Put the numbers of a chunk's units into narrow columns, so that a large page never holds them all as a list. */
export function tighten(/** @type {any} */ chunk, /** @type {string[]} */ names) {
  for (const side of [chunk.a, chunk.b]) {
    if (!side) continue;
    side.columns = columnsOf(side.units, names);
    delete side.units;
  }
  return chunk;
}

/** @param {number[]} units Unit by unit. @param {string[]} names @returns {Column[]} */
function columnsOf(units, names) {
  return names.map((_, k) => narrow(Int32Array.from({ length: units.length / names.length }, (__, i) => units[i * names.length + k])));
}

/** A column in as few bytes as its numbers need. @returns {Column} */
function narrow(/** @type {Int32Array} */ column) {
  let most = 0;
  for (let i = 0; i < column.length; i += 1) most = Math.max(most, Math.abs(column[i]));
  if (most < 128) return new Int8Array(column);
  return most < 32768 ? new Int16Array(column) : column;
}

/** Columns behind each other, as wide as the widest. @param {Column[]} columns @param {number} n @returns {Column} */
function joined(columns, n) {
  const size = Math.max(1, ...columns.map((column) => column.BYTES_PER_ELEMENT));
  const whole = size === 1 ? new Int8Array(n) : size === 2 ? new Int16Array(n) : new Int32Array(n);
  let at = 0;
  for (const column of columns) {
    whole.set(column, at);
    at += column.length;
  }
  return whole;
}

/**
 * @param {any} head
 * @param {any[]} chunks
 * @returns {Store}
 */
export function makeStore(head, chunks) {
  const join = (/** @type {string} */ key) => chunks.flatMap((chunk) => chunk[key]);
  const id = join('id');
  return {
    head,
    n: id.length,
    id,
    text: join('text'),
    hash: join('hash'),
    meta: join('meta'),
    slices: Int32Array.from(join('slices')),
    a: makeSide(head, chunks.map((chunk) => chunk.a)),
    b: head.b ? makeSide(head, chunks.map((chunk) => chunk.b)) : null,
    training: null,
  };
}

/** @returns {Side} */
function makeSide(/** @type {any} */ head, /** @type {any[]} */ parts) {
  const counts = parts.flatMap((part) => part.n_units);
  const first = new Uint32Array(counts.length + 1);
  counts.forEach((n, i) => { first[i + 1] = first[i] + n; });
  const n = first[counts.length];
  const names = head.unit_fields;
  const columns = parts.map((part) => part.columns ?? columnsOf(part.units, names));
  const unit = Object.fromEntries(names.map((/** @type {string} */ name, /** @type {number} */ k) => [name, joined(columns.map((parted) => parted[k]), n)]));
  const values = new Map();
  const why = new Map();
  const pieces = new Map();
  const grounding = new Map();
  let base = 0;
  let begin = 0;
  for (const part of parts) {
    for (const [key, pair] of Object.entries(part.values)) values.set(base + Number(key), pair);
    for (const [key, pair] of Object.entries(part.why)) why.set(base + Number(key), pair);
    for (const [key, found] of Object.entries(part.pieces)) pieces.set(begin + Number(key), found);
    for (const [key, notes] of Object.entries(part.grounding)) grounding.set(begin + Number(key), notes);
    base = first[begin + part.n_units.length];
    begin += part.n_units.length;
  }
  const row = new Uint32Array(n);
  counts.forEach((_, i) => row.fill(i, first[i], first[i + 1]));
  return {
    output: parts.flatMap((part) => part.output),
    outcome: Int8Array.from(parts.flatMap((part) => part.outcome)),
    exact: Uint8Array.from(parts.flatMap((part) => part.exact)),
    problems: parts.flatMap((part) => part.problems),
    first, unit, row, values, why, pieces, grounding,
  };
}

/** Characters as Python counts them: code points. */
export const characters = (/** @type {string} */ text) => Array.from(text);

const PAIRS = /[\ud800-\udfff]/;
/** A part of a text by code points; most texts have no characters of two units, and are not taken apart. */
export const part = (/** @type {string} */ text, /** @type {number} */ start, /** @type {number} */ end) => (PAIRS.test(text) ? characters(text).slice(start, end).join('') : text.slice(start, end));

/**
 * @typedef {object} Entity
 * @property {string} label
 * @property {number} number Of the label.
 * @property {string} text
 * @property {number} start -1 without a place.
 * @property {number} end
 */

/**
 * Give gold's entity of a unit, or the answer's; null where there is none.
 * @param {Store} store @param {Side} side @param {number} u @param {boolean} isGold
 * @returns {Entity|null}
 */
export function entityOf(store, side, u, isGold) {
  const { unit } = side;
  const number = (isGold ? unit.gold_label : unit.label)[u];
  if (number < 0) return null;
  const start = (isGold ? unit.gold_start : unit.start)[u];
  const end = (isGold ? unit.gold_end : unit.end)[u];
  const value = side.values.get(u)?.[isGold ? 0 : 1];
  const text = value ?? part(store.text[side.row[u]] ?? '', start, end);
  return { label: store.head.labels[number], number, text, start, end };
}

/** The words of the sentence for an entity, or its value. */
export function surfaceOf(/** @type {Store} */ store, /** @type {Side} */ side, /** @type {number} */ u, isGold = side.unit.gold_label[u] >= 0) {
  const entity = entityOf(store, side, u, isGold);
  if (!entity) return '';
  if (entity.start < 0 || store.head.is_without_text) return entity.text;
  return part(store.text[side.row[u]], entity.start, entity.end);
}
