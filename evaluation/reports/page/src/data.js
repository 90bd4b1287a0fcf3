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

/** Numbers of a chunk's units in four bytes each, so that a large page never holds them all as a list. */
export function tighten(/** @type {any} */ chunk) {
  for (const side of [chunk.a, chunk.b]) if (side) side.units = Int32Array.from(side.units);
  return chunk;
}

/** A column in as few bytes as its numbers need. @returns {Column} */
function narrow(/** @type {Int32Array} */ column) {
  let most = 0;
  for (let i = 0; i < column.length; i += 1) most = Math.max(most, Math.abs(column[i]));
  if (most < 128) return new Int8Array(column);
  return most < 32768 ? new Int16Array(column) : column;
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
  /** @type {Record<string, Int32Array>} */
  const unit = Object.fromEntries(names.map((/** @type {string} */ name) => [name, new Int32Array(n)]));
  const values = new Map();
  const why = new Map();
  const pieces = new Map();
  const grounding = new Map();
  let base = 0;
  let begin = 0;
  for (const part of parts) {
    const size = part.units.length / names.length;
    for (let i = 0; i < size; i += 1) {
      for (let k = 0; k < names.length; k += 1) unit[names[k]][base + i] = part.units[i * names.length + k];
    }
    for (const [key, pair] of Object.entries(part.values)) values.set(base + Number(key), pair);
    for (const [key, pair] of Object.entries(part.why)) why.set(base + Number(key), pair);
    for (const [key, found] of Object.entries(part.pieces)) pieces.set(begin + Number(key), found);
    for (const [key, notes] of Object.entries(part.grounding)) grounding.set(begin + Number(key), notes);
    base += size;
    begin += part.n_units.length;
  }
  const row = new Uint32Array(n);
  counts.forEach((_, i) => row.fill(i, first[i], first[i + 1]));
  return {
    output: parts.flatMap((part) => part.output),
    outcome: Int8Array.from(parts.flatMap((part) => part.outcome)),
    exact: Uint8Array.from(parts.flatMap((part) => part.exact)),
    problems: parts.flatMap((part) => part.problems),
    first, unit: Object.fromEntries(Object.entries(unit).map(([name, column]) => [name, narrow(column)])), row, values, why, pieces, grounding,
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
