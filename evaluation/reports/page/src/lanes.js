/** A sentence with its spans on lanes: characters stay aligned, and no span lies over another. */
import { h, visible } from './dom.js';

/** @typedef {{start: number, end: number, number: number, label: string, state: string, title: string}} Span */

/**
 * Give each span the first lane that is free where it lies; longer ones first, so that nested ones lie inside.
 * @param {Span[]} spans @returns {Span[][]}
 */
export function layLanes(spans) {
  /** @type {Span[][]} */
  const lanes = [];
  const ordered = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  for (const span of ordered) {
    const free = lanes.find((lane) => lane.every((other) => other.end <= span.start || span.end <= other.start));
    if (free) free.push(span);
    else lanes.push([span]);
  }
  return lanes;
}

/**
 * @param {string[]} text Characters.
 * @param {Span[][]} above Lanes over the sentence, from the one that is next to it.
 * @param {Span[][]} below Lanes under it, likewise.
 * @param {{other?: Span[][]|null, each?: (at: number, cell: any) => void}} [more] The lanes of a second system, under a line; called with each character's cell.
 */
export function sentence(text, above, below, { other = null, each } = {}) {
  const covered = (/** @type {Span[][]} */ lanes) => lanes.map((lane) => coverOf(lane, text.length));
  const [over, under, last] = [covered(above).reverse(), covered(below), other && covered(other)];
  return h('div.chars', {}, text.map((character, at) => {
    const parts = (/** @type {(Span|undefined)[][]} */ lanes) => lanes.map((cover) => part(cover[at], at));
    const cell = h('span.char', {}, parts(over), letter(character), parts(under), last && h('span.between', {}), last && parts(last));
    each?.(at, cell);
    return cell;
  }));
}

function letter(/** @type {string} */ character) {
  const shown = visible(character);
  if (shown !== character) return h('span.letter.mark', {}, shown);
  return h('span.letter', {}, character === ' ' ? '\u00a0' : character);
}

/** @returns {(Span|undefined)[]} */
function coverOf(/** @type {Span[]} */ lane, /** @type {number} */ n) {
  /** @type {(Span|undefined)[]} */
  const cover = new Array(n);
  for (const span of lane) for (let i = span.start; i < Math.min(span.end, n); i += 1) cover[i] = span;
  return cover;
}

function part(/** @type {Span|undefined} */ span, /** @type {number} */ at) {
  if (!span) return h('span.lane', {});
  const ends = `${at === span.start ? '.from' : ''}${at === span.end - 1 ? '.to' : ''}`;
  const name = at === span.start ? h('span.name', { style: null }, span.label) : null;
  if (name) name.style.maxWidth = `${Math.max(1, span.end - span.start)}em`;
  return h(`span.lane.span.c${span.number % 10}.${span.state}${ends}`, { title: span.title }, name);
}
