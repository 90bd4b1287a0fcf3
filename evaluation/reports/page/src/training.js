/** What training shows for a sentence: those most like it, and how it labels the surfaces of its errors. */
import { characters, surfaceOf } from './data.js';
import { h } from './dom.js';
import { layLanes, sentence } from './lanes.js';
import { fill, say } from './words.js';

/** @typedef {import('./data.js').Store} Store */
/**
 * @typedef {object} Use How training treats a surface.
 * @property {Record<string, number>} [labels]
 * @property {number} [longer]
 * @property {number} [shorter]
 * @property {number} [crossing]
 * @property {number} [unlabelled]
 * @property {Record<string, number>} [completed]
 * @property {Record<string, number[]>} [labelled] Examples by label.
 * @property {Record<string, number[]>} [examples] Examples by kind of use.
 */
/**
 * @typedef {object} Training
 * @property {string[]} id
 * @property {string[]} text
 * @property {[string, number, number, string|null][][]} entities
 * @property {Record<string, number[]>} near Number and similarity of each, by row.
 * @property {Record<string, Use>} uses
 * @property {number} n_left_out
 */

const KINDS = /** @type {const} */ (['longer', 'shorter', 'crossing', 'unlabelled']);

/** How training labels a surface, in a few words: `GPE 3, within longer ones 2, unlabelled 1`. */
export function useWords(/** @type {Store} */ store, /** @type {string} */ surface) {
  if (store.head.is_without_text) return '–';
  if (!store.head.has_training) return say('no_training');
  if (!store.training) return '…';
  const use = useOf(store.training, surface);
  const said = [
    ...Object.entries(use?.labels ?? {}).map(([label, n]) => `${label} ${n}`),
    ...Object.entries(use?.completed ?? {}).map(([label, n]) => `${say('use_completed')} ${label} ${n}`),
    ...KINDS.filter((kind) => use?.[kind]).map((kind) => `${say(`use_${kind}`)} ${use?.[kind]}`),
  ];
  return said.length ? said.join(say('comma')) : say('use_none');
}

const useOf = (/** @type {Training} */ training, /** @type {string} */ surface) => (Object.hasOwn(training.uses, surface) ? training.uses[surface] : null);

/** The training sentences of a sentence with errors. */
export function trainingView(/** @type {Store} */ store, /** @type {number} */ row) {
  const { training } = store;
  if (!training || store.head.is_without_text) return null;
  const near = training.near[row] ?? [];
  const surfaces = [...new Set(errorSurfaces(store, row))].filter((surface) => hasExamples(useOf(training, surface)));
  if (!near.length && !surfaces.length) return null;
  const found = [];
  for (let i = 0; i < near.length; i += 2) found.push(trainingSentence(store, near[i], `${say('similarity')} ${(near[i + 1] / 1000).toFixed(2)}`, null));
  return h('section.training', {},
    found.length > 0 && h('details', { open: true }, h('summary', {}, say('near_training')), found),
    surfaces.map((surface) => lazily(`${say('use_examples')} ${surface}${say('colon')}${useWords(store, surface)}`, () => exampleList(store, surface))),
    training.n_left_out > 0 && h('p.hint', {}, fill(say('left_out'), [training.n_left_out])));
}

const hasExamples = (/** @type {Use|null} */ use) => use !== null && [...Object.values(use.labelled ?? {}), ...Object.values(use.examples ?? {})].some((found) => found.length);

/** @returns {Iterable<string>} */
function* errorSurfaces(/** @type {Store} */ store, /** @type {number} */ row) {
  for (const side of [store.a, store.b]) {
    if (!side) continue;
    for (let u = side.first[row]; u < side.first[row + 1]; u += 1) {
      if (side.unit.kind[u] === 0) continue;
      for (const isGold of [true, false]) {
        const surface = surfaceOf(store, side, u, isGold);
        if (surface) yield surface;
      }
    }
  }
}

/** Draw what a block holds when it is opened for the first time: the next sentence need not wait for it. */
function lazily(/** @type {string} */ title, /** @type {() => any[]} */ make) {
  const block = h('details', {}, h('summary', {}, title));
  block.addEventListener('toggle', () => { if (block.open && block.children.length === 1) block.append(...make()); });
  return block;
}

/** @returns {any[]} */
function exampleList(/** @type {Store} */ store, /** @type {string} */ surface) {
  const { training } = store;
  const use = training && useOf(training, surface);
  if (!use) return [];
  const groups = [
    ...Object.entries(use.labelled ?? {}).map(([label, found]) => /** @type {[string, number[]]} */ ([label, found])),
    ...KINDS.flatMap((kind) => (use.examples?.[kind] ? [/** @type {[string, number[]]} */ ([say(`use_${kind}`), use.examples[kind]])] : [])),
  ];
  return groups.flatMap(([name, found]) => found.map((number) => trainingSentence(store, number, name, surface)));
}

/** A training sentence with its gold; the characters of a surface are marked. */
function trainingSentence(/** @type {Store} */ store, /** @type {number} */ number, /** @type {string} */ note, /** @type {string|null} */ surface) {
  const { id, text, entities } = /** @type {Training} */ (store.training);
  const letters = characters(text[number]);
  const spans = entities[number].filter(([, start]) => start >= 0).map(([label, start, end, value]) => ({
    start, end, number: Math.max(0, store.head.labels.indexOf(label)), label: value ? `${label}=${value}` : label, state: 'ok', title: `${label} ${letters.slice(start, end).join('')} ${start}-${end}`,
  }));
  const completed = entities[number].filter(([, start]) => start < 0).map(([label, , , value]) => h('span.chip', {}, `${label} ${value}`));
  const marked = surface === null ? null : placesOf(letters, characters(surface));
  const each = (/** @type {number} */ at, /** @type {any} */ cell) => { if (marked?.has(at)) cell.classList.add('sought'); };
  return h('div.example', {}, h('div.hint', {}, h('b', {}, note), ` ${id[number]}`), sentence(letters, layLanes(spans), [], { each }), completed.length > 0 && h('div.chips', {}, completed));
}

/** The characters at which a surface stands. */
function placesOf(/** @type {string[]} */ letters, /** @type {string[]} */ sought) {
  const places = new Set();
  for (let at = 0; at + sought.length <= letters.length; at += 1) {
    if (sought.every((letter, i) => letters[at + i] === letter)) sought.forEach((_, i) => places.add(at + i));
  }
  return places;
}
