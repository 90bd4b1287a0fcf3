/** Charts by Observable Plot, drawn when they come into sight; every bar and point is a link. */
import * as Plot from '@observablehq/plot';
import { h, replace, visible } from './dom.js';
import { toHash } from './filter.js';
import { say } from './words.js';

const watcher = typeof IntersectionObserver === 'undefined' ? null : new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    watcher?.unobserve(target);
    /** @type {any} */ (target).draw();
  }
}, { rootMargin: '200px' });

/** Reserve the place of a chart, and draw it when it is needed. */
export function lazily(/** @type {number} */ height, /** @type {(width: number) => Element} */ make) {
  const figure = h('div.chart', {});
  figure.style.minHeight = `${height}px`;
  figure.draw = () => {
    replace(figure, make(Math.min(760, figure.clientWidth || 640)));
    // Plot names its groups, which only something with a role may be.
    for (const group of figure.querySelectorAll('g[aria-label]')) group.setAttribute('role', 'group');
  };
  if (watcher) watcher.observe(figure);
  else figure.draw();
  return figure;
}

/** Draw what was not seen yet, before the page is printed. */
export function drawAll() {
  for (const figure of document.querySelectorAll('.chart')) {
    if (!figure.firstChild) /** @type {any} */ (figure).draw();
  }
}

export const STYLE = { fontSize: '12px', fontFamily: 'inherit', background: 'transparent', color: 'currentColor' };
export const widest = (/** @type {string[]} */ names) => Math.min(220, 16 + Math.max(30, ...names.map((name) => 7 * [...name].reduce((n, c) => n + (c > '\u2e80' ? 1.8 : 1), 0))));

/**
 * F1 with its interval, a bar a row; of two systems two thin bars.
 * @param {{name: string, system: string, f1: number, low: number|null, high: number|null, href: string|null, title: string}[]} rows
 */
export function f1Bars(rows) {
  const isPaired = new Set(rows.map((row) => row.system)).size > 1;
  const names = [...new Set(rows.map((row) => row.name))];
  const height = names.length * (isPaired ? 34 : 24) + 40;
  const given = { y: isPaired ? 'system' : 'name', ...(isPaired ? { fy: 'name' } : {}) };
  return lazily(height, (width) => Plot.plot({
    width, height, marginLeft: isPaired ? 40 : widest(names), marginRight: isPaired ? widest(names) : 16, style: STYLE,
    x: { domain: [0, 1], label: 'F1', grid: true },
    y: { domain: isPaired ? undefined : names, label: null },
    ...(isPaired ? { fy: { domain: names, label: null } } : {}),
    marks: [
      Plot.barX(rows, { ...given, x: 'f1', href: 'href', title: 'title', fill: 'system', className: 'bars' }),
      Plot.ruleY(rows.filter((row) => row.low !== null), { ...given, x1: 'low', x2: 'high', stroke: 'currentColor', strokeWidth: 1.5 }),
    ],
    color: { domain: ['A', 'B'], range: ['var(--a)', 'var(--b)'] },
  }));
}

/** Loss over steps, and F1 of checkpoints below it. */
export function trainingCurve(/** @type {any} */ given) {
  const curve = { ...given, scores: given.scores.map((/** @type {any} */ row) => ({ ...row, name: visible(row.name), split: visible(row.split) })) };
  const steps = [...curve.losses, ...curve.eval_losses, ...curve.scores].map((row) => row.step);
  const x = { domain: [0, Math.max(...steps)], label: say('step'), grid: true };
  const parts = [];
  if (curve.losses.length + curve.eval_losses.length) {
    parts.push(lazily(180, (width) => Plot.plot({
      width, height: 180, style: STYLE, x, y: { label: say('loss'), grid: true, zero: true },
      marks: [
        Plot.lineY(curve.losses, { x: 'step', y: 'value', stroke: 'var(--a)' }),
        Plot.lineY(curve.eval_losses, { x: 'step', y: 'value', stroke: 'var(--b)', strokeDasharray: '4 3' }),
        Plot.dot(curve.eval_losses, { x: 'step', y: 'value', fill: 'var(--b)', r: 2.5 }),
      ],
    })));
  }
  if (curve.scores.length) {
    parts.push(lazily(200, (width) => Plot.plot({
      width, height: 200, style: STYLE, x, y: { label: say('strict_f1'), grid: true },
      color: { legend: true, domain: [...new Set(curve.scores.map((/** @type {any} */ row) => row.split))] },
      marks: [
        Plot.lineY(curve.scores, { x: 'step', y: 'f1', stroke: 'split', z: 'split' }),
        Plot.ruleX(curve.scores.filter((/** @type {any} */ row) => row.f1_low !== null), { x: 'step', y1: 'f1_low', y2: 'f1_high', stroke: 'split' }),
        // A point is a link where this page holds the sentences of its checkpoint.
        Plot.dot(curve.scores, {
          x: 'step', y: 'f1', fill: 'split', r: (/** @type {any} */ row) => (row.side ? 5 : 3),
          href: (/** @type {any} */ row) => (row.side ? toHash('browse', { role: 'err', ...(row.side === 'b' ? { side: 'b' } : {}) }) : null),
          title: (/** @type {any} */ row) => `${row.name} ${row.split}: ${(100 * row.f1).toFixed(1)}${row.side ? '' : ` (${say('not_here')} --checkpoint ${row.name} --split ${row.split})`}`,
        }),
      ],
    })));
  }
  return parts;
}

/** @param {{coverage: number, confidence: number, precision: number}[]} points @param {(confidence: number) => string} linkTo */
export function riskCurve(points, linkTo) {
  return lazily(220, (width) => Plot.plot({
    width, height: 220, style: STYLE,
    x: { domain: [0, 1], label: say('coverage'), grid: true }, y: { label: say('precision_word'), grid: true },
    marks: [
      Plot.lineY(points, { x: 'coverage', y: 'precision', stroke: 'var(--a)' }),
      Plot.dot(points, {
        x: 'coverage', y: 'precision', fill: 'var(--a)', r: 4, href: (point) => linkTo(point.confidence),
        title: (point) => `≥ ${point.confidence.toFixed(3)}: ${(100 * point.precision).toFixed(1)} %`,
      }),
    ],
  }));
}

/**
 * Share of right entities over mean confidence of bins; on the line they say what they are worth.
 * @param {{n: number, mean_confidence: number, share_right: number}[]} bins @param {(bin: any) => string} linkTo
 */
export function reliabilityChart(bins, linkTo) {
  return lazily(240, (width) => Plot.plot({
    width: Math.min(width, 420), height: 240, style: STYLE,
    x: { domain: [0, 1], label: say('mean_confidence'), grid: true }, y: { domain: [0, 1], label: say('share_right'), grid: true },
    marks: [
      Plot.line([[0, 0], [1, 1]], { stroke: 'currentColor', strokeOpacity: 0.4, strokeDasharray: '3 3' }),
      Plot.dot(bins, { x: 'mean_confidence', y: 'share_right', fill: 'var(--a)', r: 5, href: linkTo, title: (bin) => `${bin.mean_confidence.toFixed(3)}: ${(100 * bin.share_right).toFixed(1)} % / ${bin.n}` }),
    ],
  }));
}
