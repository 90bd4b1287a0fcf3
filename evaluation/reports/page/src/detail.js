/** One sentence in full: spans on lanes, what was lost, the raw answer, and why it is wrong. */
import { characters, entityOf, surfaceOf } from './data.js';
import { h, visibleLines } from './dom.js';
import { layLanes, sentence } from './lanes.js';
import { sayReason, sayWritten } from './reasons.js';
import { trainingView, useWords } from './training.js';
import { say, sayOf } from './words.js';

/** @typedef {import('./data.js').Store} Store */
/** @typedef {import('./data.js').Side} Side */

/** @param {Store} store @param {number} row @param {any} [editor] */
export function detailView(store, row, editor) {
  const { head, a, b } = store;
  const parts = [lostLane(store, a, row, b ? 'A' : ''), b && lostLane(store, b, row, 'B')];
  if (head.is_without_text) parts.push(h('p.hash', {}, store.hash[row]), entityList(store, row));
  else parts.push(alignedView(store, row), chips(store, row));
  if (editor) parts.push(editor);
  parts.push(whyTable(store, a, row, b ? 'A' : ''), b && whyTable(store, b, row, 'B'), groundingList(store.a, row, b ? 'A' : ''), b && groundingList(b, row, 'B'), findingList(store, row), trainingView(store, row));
  if (!head.is_without_text) parts.push(rawAnswer(store, a, row, b ? 'A' : ''), b && rawAnswer(store, b, row, 'B'));
  return parts;
}

/** @param {Store} store @param {Side} side @param {number} row @param {boolean} isGold @returns {import('./lanes.js').Span[]} */
function spansOf(store, side, row, isGold) {
  const spans = [];
  for (let u = side.first[row]; u < side.first[row + 1]; u += 1) {
    const entity = entityOf(store, side, u, isGold);
    if (!entity || entity.start < 0) continue;
    const kind = store.head.kinds[side.unit.kind[u]];
    const value = side.values.get(u)?.[isGold ? 0 : 1];
    const title = `${entity.label} ${entity.text} ${entity.start}-${entity.end}: ${sayOf('kind', kind)}`;
    spans.push({ start: entity.start, end: entity.end, number: entity.number, label: value ? `${entity.label}=${value}` : entity.label, state: kind === 'right' ? 'ok' : 'bad', title });
  }
  return spans;
}

function alignedView(/** @type {Store} */ store, /** @type {number} */ row) {
  const gold = layLanes(spansOf(store, store.a, row, true));
  const answer = layLanes(spansOf(store, store.a, row, false));
  const other = store.b && layLanes(spansOf(store, store.b, row, false));
  // With two systems each has a lane at least, so that A's lies between the sentence and the line, B's below it.
  if (other && !answer.length) answer.push([]);
  if (other && !other.length) other.push([]);
  const legend = [h('span', {}, `↑ ${say('gold')}`), h('span', {}, `↓ ${say('answer')}${store.b ? ' A' : ''}`), store.b && h('span.second', {}, `⇣ ${say('answer')} B`)];
  return h('div.aligned', {}, h('div.hint.legend', {}, legend), sentence(characters(store.text[row]), gold, answer, { other }));
}

/** Entities without a place, and values that are not what the sentence says. */
function chips(/** @type {Store} */ store, /** @type {number} */ row) {
  const found = [];
  for (const [name, side] of sidesOf(store)) {
    for (let u = side.first[row]; u < side.first[row + 1]; u += 1) {
      for (const isGold of [true, false]) {
        if (isGold && name === 'B') continue;
        const entity = entityOf(store, side, u, isGold);
        if (!entity || entity.start >= 0) continue;
        const state = side.unit.kind[u] === 0 ? 'ok' : 'bad';
        found.push(h(`span.chip.c${entity.number % 10}.${state}`, {}, `${isGold ? say('gold') : `${say('answer')} ${name}`}: ${entity.label} ${entity.text}`));
      }
    }
  }
  return found.length > 0 && h('div.chips', {}, h('span.hint', {}, say('inferred')), found);
}

/** @returns {[string, Side][]} */
const sidesOf = (/** @type {Store} */ store) => (store.b ? [['A', store.a], ['B', store.b]] : [['', store.a]]);

/** What has no place in the sentence, was dropped or could not be read. */
function lostLane(/** @type {Store} */ store, /** @type {Side} */ side, /** @type {number} */ row, /** @type {string} */ name) {
  const { head } = store;
  const outcome = head.outcomes[side.outcome[row]];
  const pieces = side.problems[row].map(([kind, detail]) => h('span.piece', {}, h('b', {}, sayOf('problem', head.problems[kind])), detail ? ` ${sayWritten(detail)}` : ''));
  for (let u = side.first[row]; u < side.first[row + 1]; u += 1) {
    if (side.unit.kind[u] === 0 || side.unit.start[u] >= 0) continue;
    const entity = entityOf(store, side, u, false);
    if (entity) pieces.push(h('span.piece', {}, h('b', {}, entity.label), ` ${entity.text}`));
  }
  const isPlain = outcome === undefined || outcome === 'clean' || outcome === 'empty';
  if (isPlain && !pieces.length) return null;
  return h('div.lost', {}, h('div.hint', {}, `${name} ${say('lost_lane')}`), !isPlain && h('span.piece.outcome', {}, sayOf('outcome', outcome)), pieces);
}

function whyTable(/** @type {Store} */ store, /** @type {Side} */ side, /** @type {number} */ row, /** @type {string} */ name) {
  const rows = [];
  for (let u = side.first[row]; u < side.first[row + 1]; u += 1) {
    if (side.unit.kind[u] === 0) continue;
    // Of a pair both sides would say the same.
    const reason = (side.why.get(u) ?? []).find((one) => one);
    const cause = store.head.causes[side.unit.cause[u]];
    rows.push(h('tr', {},
      h('td', {}, sayOf('kind', store.head.kinds[side.unit.kind[u]])), h('td', {}, named(entityOf(store, side, u, true))), h('td', {}, named(entityOf(store, side, u, false))),
      h('td', {}, cause ? h('b', {}, `${sayOf('cause', cause)}${say('stop')}`) : null, reason ? sayReason(reason) : ''), h('td', {}, usesOf(store, side, u))));
  }
  if (!rows.length) return null;
  const titles = [`${name} ${sayOf('condition', 'kind')}`, say('gold'), say('answer'), say('why'), say('training')];
  return h('div.scroll', {}, h('table.why', {}, h('thead', {}, h('tr', {}, titles.map((title) => h('th', {}, title)))), h('tbody', {}, rows)));
}

/** How training labels the surfaces of an error: one, or those of gold and of the answer. */
function usesOf(/** @type {Store} */ store, /** @type {Side} */ side, /** @type {number} */ u) {
  const surfaces = [...new Set([true, false].map((isGold) => surfaceOf(store, side, u, isGold)))].filter((surface) => surface);
  if (surfaces.length < 2 || !store.training) return useWords(store, surfaces[0] ?? '');
  return surfaces.map((surface) => h('div', {}, `${surface}${say('colon')}${useWords(store, surface)}`));
}

const named = (/** @type {import('./data.js').Entity|null} */ entity) => (entity ? `${entity.label} ${entity.text}${entity.start < 0 ? '' : ` ${entity.start}-${entity.end}`}` : '–');

function entityList(/** @type {Store} */ store, /** @type {number} */ row) {
  const rows = [];
  for (let u = store.a.first[row]; u < store.a.first[row + 1]; u += 1) {
    rows.push(h('tr', {}, h('td', {}, sayOf('kind', store.head.kinds[store.a.unit.kind[u]])), h('td', {}, named(entityOf(store, store.a, u, true))), h('td', {}, named(entityOf(store, store.a, u, false)))));
  }
  return h('table', {}, h('tbody', {}, rows));
}

/** What grounding changed in an answer, with its reason, and what it left open. */
function groundingList(/** @type {Side} */ side, /** @type {number} */ row, /** @type {string} */ name) {
  const notes = side.grounding.get(row);
  if (!notes) return null;
  const changes = notes.changes.map((x) => h('p', {}, h('b', {}, sayOf('change', x.kind)), ` ${x.label} ${[x.before, x.after].filter((value) => value !== null).join(' → ')}${say('colon')}${sayWritten(x.reason)}`));
  const marks = notes.marks.map((x) => h('p', {}, h('b', {}, sayOf('mark', x.kind)), ` ${x.label} ${x.name}${x.candidates.length ? `${say('colon')}${x.candidates.join(say('semicolon'))}` : ''}`));
  return h('div.findings.grounding', {}, h('div.hint', {}, `${name} ${say('grounding')}`), changes, marks);
}

function findingList(/** @type {Store} */ store, /** @type {number} */ row) {
  const found = Object.hasOwn(store.head.findings, store.id[row]) ? store.head.findings[store.id[row]] : [];
  const line = (/** @type {any} */ entity) => (entity ? `${entity.label} ${entity.text ?? ''} ${entity.start}-${entity.end}` : '–');
  return found.length > 0 && h('div.findings', {}, h('div.hint', {}, say('findings')), found.map((/** @type {any} */ x) => h('p', {}, h('b', {}, sayOf('audit', x.kind)), ` ${line(x.gold)} → ${line(x.proposed)}${say('colon')}${sayWritten(x.reason)}`)));
}

/** The answer as it came, with the values marked: right, wrong, and what was lost in reading. */
function rawAnswer(/** @type {Store} */ store, /** @type {Side} */ side, /** @type {number} */ row, /** @type {string} */ name) {
  const output = side.output[row];
  if (output === null || output === undefined) return h('p.hint', {}, say('no_output'));
  const marks = markValues(output, wantedMarks(store, side, row));
  const parts = [];
  let at = 0;
  for (const { start, end, state } of marks) {
    parts.push(visibleLines(output.slice(at, start)), h(`mark.${state}`, {}, visibleLines(output.slice(start, end))));
    at = end;
  }
  const pre = h('pre.raw', {});
  for (const part of [...parts, visibleLines(output.slice(at))]) pre.append(part);
  return h('details', { open: true }, h('summary', {}, `${name} ${say('raw')}`), pre);
}

/** @returns {{text: string, state: string}[]} */
function wantedMarks(/** @type {Store} */ store, /** @type {Side} */ side, /** @type {number} */ row) {
  const wanted = side.problems[row].map(([, detail]) => ({ text: detail, state: 'lostmark' }));
  for (let u = side.first[row]; u < side.first[row + 1]; u += 1) {
    const entity = entityOf(store, side, u, false);
    if (entity) wanted.push({ text: entity.text, state: side.unit.kind[u] === 0 ? 'okmark' : 'badmark' });
  }
  return wanted.filter(({ text }) => text);
}

/**
 * Find each value once, at the first place that no other has taken; longer ones first.
 * @param {string} output @param {{text: string, state: string}[]} wanted
 */
export function markValues(output, wanted) {
  /** @type {{start: number, end: number, state: string}[]} */
  const taken = [];
  const isFree = (/** @type {number} */ start, /** @type {number} */ end) => taken.every((mark) => mark.end <= start || end <= mark.start);
  for (const { text, state } of [...wanted].sort((a, b) => b.text.length - a.text.length)) {
    for (let start = output.indexOf(text); start >= 0; start = output.indexOf(text, start + 1)) {
      if (!isFree(start, start + text.length)) continue;
      taken.push({ start, end: start + text.length, state });
      break;
    }
  }
  return taken.sort((a, b) => a.start - b.start);
}
