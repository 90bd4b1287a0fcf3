/** Unpacks the sentences of a data set into columns. */
import { characters } from '../data.js';

/**
 * @typedef {object} DataStore
 * @property {any} head
 * @property {number} n
 * @property {string[]} id
 * @property {string[]} text
 * @property {string[]} hash
 * @property {Record<string, string>[]} meta
 * @property {Uint8Array} split
 * @property {Int32Array} category
 * @property {Uint32Array} length In characters.
 * @property {Uint32Array} odd A bit for each kind.
 * @property {Int32Array} group First sentence with the same text, -1 where there is no other.
 * @property {Uint32Array} exact A bit for each split.
 * @property {Uint32Array} near
 * @property {Uint8Array} flags
 * @property {Uint32Array} prompt Tokens.
 * @property {Uint32Array} answer
 * @property {Map<number, [number, number][]>} similar
 * @property {any[]} rows
 * @property {string[]} pieces
 * @property {string[]} surfaces
 * @property {Uint32Array} first First entity of each sentence, and one behind the last.
 * @property {Uint32Array} row Sentence of each entity.
 * @property {Record<string, Int32Array>} entity Columns of entities by name.
 * @property {Map<number, string>} values
 */

/** @param {any} head @param {any[]} chunks @returns {DataStore} */
export function makeDataStore(head, chunks) {
  const join = (/** @type {string} */ key) => chunks.flatMap((chunk) => chunk[key]);
  const tokens = join('tokens');
  return {
    head,
    n: join('split').length,
    id: join('id'),
    text: join('text'),
    hash: join('hash'),
    meta: join('meta'),
    split: Uint8Array.from(join('split')),
    category: Int32Array.from(join('category')),
    length: Uint32Array.from(join('length')),
    odd: Uint32Array.from(join('odd')),
    group: Int32Array.from(join('group')),
    exact: Uint32Array.from(join('exact')),
    near: Uint32Array.from(join('near')),
    flags: Uint8Array.from(join('flags')),
    prompt: Uint32Array.from(tokens.filter((_, i) => i % 2 === 0)),
    answer: Uint32Array.from(tokens.filter((_, i) => i % 2 === 1)),
    similar: similarOf(chunks),
    rows: join('rows'),
    pieces: join('pieces'),
    surfaces: join('surfaces'),
    ...entitiesOf(head, chunks),
  };
}

function similarOf(/** @type {any[]} */ chunks) {
  const similar = new Map();
  let base = 0;
  for (const chunk of chunks) {
    for (const [at, found] of Object.entries(chunk.similar)) similar.set(base + Number(at), found);
    base += chunk.split.length;
  }
  return similar;
}

function entitiesOf(/** @type {any} */ head, /** @type {any[]} */ chunks) {
  const counts = chunks.flatMap((chunk) => chunk.n_entities);
  const first = new Uint32Array(counts.length + 1);
  counts.forEach((n, i) => { first[i + 1] = first[i] + n; });
  const n = first[counts.length];
  const names = head.entity_fields;
  /** @type {Record<string, Int32Array>} */
  const entity = Object.fromEntries(names.map((/** @type {string} */ name) => [name, new Int32Array(n)]));
  const values = new Map();
  let base = 0;
  for (const chunk of chunks) {
    const size = chunk.entities.length / names.length;
    for (let i = 0; i < size; i += 1) for (let k = 0; k < names.length; k += 1) entity[names[k]][base + i] = chunk.entities[i * names.length + k];
    for (const [key, value] of Object.entries(chunk.values)) values.set(base + Number(key), value);
    base += size;
  }
  const row = new Uint32Array(n);
  counts.forEach((_, i) => row.fill(i, first[i], first[i + 1]));
  return { first, entity, values, row };
}

/** The bit of a mark, a kind of odd character, a flag or a split; 0 for one that there is not. */
export function bitOf(/** @type {string[]} */ names, /** @type {string} */ name) {
  const at = names.indexOf(name);
  return at < 0 ? 0 : 2 ** at;
}

/** The value of an entity: what its sentence says, unless another is stated. */
export const valueOf = (/** @type {DataStore} */ store, /** @type {number} */ e) => store.values.get(e) ?? store.surfaces[store.entity.surface[e]];

/** The turns of a sentence's row, as `[role, text]`; null where there is none. */
export function turnsOf(/** @type {DataStore} */ store, /** @type {number} */ row) {
  const packed = store.rows[row];
  if (!packed) return null;
  if (typeof packed[0] !== 'number') return packed;
  const [system, before, behind, answer] = packed;
  const turns = [['user', `${store.pieces[before]}${store.text[row]}${store.pieces[behind]}`], ['assistant', answer]];
  return system < 0 ? turns : [['system', store.pieces[system]], ...turns];
}

export { characters };
