/** Charts of a data set: bars divided by split, each part a link to its sentences. */
import * as Plot from '@observablehq/plot';
import { lazily, STYLE, widest } from '../charts.js';

const COLOURS = ['var(--s0)', 'var(--s1)', 'var(--s2)', 'var(--s3)'];

/** @typedef {{name: string, split: string, n: number, href: string}} Part */

const number = (/** @type {number} */ n) => n.toLocaleString('en-US');
const titleOf = (/** @type {Part} */ part) => `${part.name}, ${part.split}: ${number(part.n)}`;
const colour = (/** @type {string[]} */ splits) => ({ domain: splits, range: splits.map((_, i) => COLOURS[i % COLOURS.length]), legend: splits.length > 1 });

/**
 * Upright bars in the order given, for numbers in bins.
 * @param {Part[]} parts @param {string[]} splits
 */
export function upright(parts, splits) {
  const names = [...new Set(parts.map((part) => part.name))];
  // Names of many bins, or on a narrow screen, stand slanting.
  const isSlanting = (/** @type {number} */ width) => names.length > 8 || width < 80 * names.length;
  return lazily(230, (width) => Plot.plot({
    width, height: isSlanting(width) ? 230 : 200, style: STYLE, marginLeft: 60, marginBottom: isSlanting(width) ? 62 : 28,
    x: { domain: names, label: null, tickRotate: isSlanting(width) ? -40 : 0 },
    y: { grid: true, label: null, tickFormat: number },
    color: colour(splits),
    marks: [
      Plot.barY(parts, { x: 'name', y: 'n', fill: 'split', href: 'href', title: titleOf, insetLeft: 1, insetRight: 1 }),
      Plot.ruleY([0]),
    ],
  }));
}

/**
 * Lying bars, for labels.
 * @param {Part[]} parts @param {string[]} splits
 */
export function lying(parts, splits) {
  const names = [...new Set(parts.map((part) => part.name))];
  const height = names.length * 24 + 40;
  return lazily(height + 30, (width) => Plot.plot({
    width, height, style: STYLE, marginLeft: widest(names), marginRight: 16,
    x: { grid: true, label: null, tickFormat: number, ticks: 5 }, y: { domain: names, label: null },
    color: colour(splits),
    marks: [Plot.barX(parts, { y: 'name', x: 'n', fill: 'split', href: 'href', title: titleOf }), Plot.ruleX([0])],
  }));
}
