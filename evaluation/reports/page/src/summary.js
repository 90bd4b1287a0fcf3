/** The summary: figures of scores.json, each a link to its sentences. */
import { f1Bars, riskCurve, trainingCurve } from './charts.js';
import { h } from './dom.js';
import { applyFilter, toHash } from './filter.js';
import { countPaired, mcnemar } from './figures.js';
import { say, sayKind } from './words.js';

const percent = (/** @type {number} */ value) => (100 * value).toFixed(1);
const interval = (/** @type {number|null} */ low, /** @type {number|null} */ high) => (low === null || high === null ? '' : ` (${percent(low)}–${percent(high)})`);
export const count = (/** @type {number} */ n) => (Number.isInteger(n) ? n.toLocaleString('en-US') : n.toFixed(1));

/** A number that leads to its sentences. */
export function link(/** @type {any} */ text, /** @type {import('./filter.js').Filter} */ filter) {
  return h('a.num', { href: toHash('browse', filter) }, text);
}

/** @param {import('./data.js').Store|null} store Null until sentences are unpacked. @param {any} head */
export function summaryView(store, head) {
  const { scores } = head.a;
  return h('main.summary', { tabindex: '-1' }, [
    head.is_without_text && h('p.notice', {}, say('no_text')),
    [...head.a.notes, ...(head.b?.notes ?? [])].map((note) => h('p.notice', {}, note)),
    cards(head),
    head.b && pairedSection(store, head),
    section('by_label', labelTable(scores), f1Bars(labelRows(head))),
    section('criteria', criteriaTable(scores)),
    section('kinds', kindTable(store, head)),
    section('confusion', h('p.hint', {}, say('confusion_note')), confusionTable(head)),
    section('by_slice', f1Bars(sliceRows(head)), sliceTable(scores)),
    section('outcomes', countTable(scores.outcomes, (name) => ({ outcome: name }))),
    Object.keys(scores.problems).length > 0 && section('problems', countTable(scores.problems, (name) => ({ problem: name }))),
    scores.why && section('causes', causeTable(scores)),
    hasCurve(head.curve) && section('curve', trainingCurve(head.curve)),
    scores.confidence?.entities.risk.length > 0 && section('risk', h('p.hint', {}, say('risk_note')), riskCurve(scores.confidence.entities.risk, (/** @type {number} */ least) => toHash('browse', { role: 'pred', conf: `0-${least.toFixed(6)}` }))),
    section('settings', settingsTable(head)),
  ]);
}

const hasCurve = (/** @type {any} */ curve) => curve && curve.losses.length + curve.eval_losses.length + curve.scores.length > 0;

function section(/** @type {string} */ name, /** @type {any[]} */ ...children) {
  return h('section', { id: name }, h('h2', {}, say(name)), children);
}

function cards(/** @type {any} */ head) {
  const { scores } = head.a;
  const { micro } = scores.criteria.strict;
  const card = (/** @type {any} */ value, /** @type {string} */ name, /** @type {any} */ small) => h('div.card', {}, h('div.big', {}, value), h('div', {}, name), h('div.hint', {}, small));
  const n_exact = Math.round(scores.sample_exact_match * scores.n_samples);
  return h('div.cards', {}, [
    card(link(percent(micro.f1), { role: 'err' }), say('strict_f1'), interval(micro.f1_low, micro.f1_high)),
    card(link(percent(scores.sample_exact_match), { exact: '1' }), say('exactly_right'), [
      link(count(n_exact), { exact: '1' }), ` ${say('of')} `, link(count(scores.n_samples), {}), interval(scores.sample_exact_match_low, scores.sample_exact_match_high),
    ]),
    card(link(count(scores.n_samples - n_exact), { exact: '0' }), say('wrong_sentences'), ''),
    card(link(count(scores.n_gold), { role: 'gold' }), say('n_gold'), [link(count(micro.tp), { role: 'tp' }), ` ${say('tp')}, `, link(count(scores.n_gold - micro.tp), { role: 'fn' }), ` ${say('missed_n')}`]),
    card(link(count(scores.n_predicted), { role: 'pred' }), say('n_predicted'), [link(count(scores.n_predicted - micro.tp), { role: 'fp' }), ` ${say('spurious_n')}`]),
  ]);
}

function table(/** @type {any[]} */ head, /** @type {any[][]} */ rows) {
  return h('div.scroll', {}, h('table', {},
    h('thead', {}, h('tr', {}, head.map((cell) => h('th', {}, cell)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell, i) => h(i ? 'td' : 'th', {}, cell)))))));
}

function figureCells(/** @type {any} */ figures, /** @type {(role: string) => import('./filter.js').Filter} */ ask) {
  return [
    link(percent(figures.precision), ask('precision')), link(percent(figures.recall), ask('recall')),
    [link(percent(figures.f1), ask('f1')), h('span.hint', {}, interval(figures.f1_low, figures.f1_high))],
    link(count(figures.tp), ask('tp')), link(count(figures.n_gold), ask('n_gold')), link(count(figures.n_predicted), ask('n_predicted')),
  ];
}

/** Precision is lost in wrong answers, recall in missed gold, F1 in both. */
const ROLE = { precision: 'fp', recall: 'fn', f1: 'err', tp: 'tp', n_gold: 'gold', n_predicted: 'pred' };
const FIGURES = ['precision', 'recall', 'f1', 'tp', 'n_gold', 'n_predicted'];
const figureHead = () => FIGURES.map((name) => say(name));
const roleOf = (/** @type {string} */ name) => /** @type {any} */ (ROLE)[name];

function labelTable(/** @type {any} */ scores) {
  const rows = Object.entries(scores.criteria.strict.per_label).map(([label, figures]) => [label, ...figureCells(figures, (role) => ({ label, role: roleOf(role) }))]);
  return table([say('label'), ...figureHead()], rows);
}

function labelRows(/** @type {any} */ head) {
  return systems(head).flatMap(([system, figures]) => Object.entries(figures.scores.criteria.strict.per_label).map(([name, row]) => bar(name, system, row, { label: name, role: 'err' })));
}

function sliceRows(/** @type {any} */ head) {
  return systems(head).flatMap(([system, figures]) => Object.entries(figures.scores.slices).map(([name, row]) => bar(name, system, row, { slice: name, role: 'err' })));
}

/** @returns {[string, any][]} */
const systems = (/** @type {any} */ head) => (head.b ? [['A', head.a], ['B', head.b]] : [['A', head.a]]);

function bar(/** @type {string} */ name, /** @type {string} */ system, /** @type {any} */ row, /** @type {import('./filter.js').Filter} */ filter) {
  return { name, system, f1: row.f1, low: row.f1_low, high: row.f1_high, href: system === 'A' ? toHash('browse', filter) : null, title: `${name}: F1 ${percent(row.f1)}${interval(row.f1_low, row.f1_high)}, n ${row.n_gold}` };
}

function sliceTable(/** @type {any} */ scores) {
  const rows = Object.entries(scores.slices).map(([slice, figures]) => [slice, ...figureCells(figures, (role) => ({ slice, role: roleOf(role) }))]);
  return table([say('slice'), ...figureHead()], rows);
}

function criteriaTable(/** @type {any} */ scores) {
  const rows = Object.entries(scores.criteria).map(([name, { micro }]) => [name, ...figureCells(micro, (role) => ({ crit: `${name}:${role}` }))]);
  return table([say('criterion'), ...figureHead()], rows);
}

function kindTable(/** @type {import('./data.js').Store|null} */ store, /** @type {any} */ head) {
  const rows = head.kinds.slice(1).map((/** @type {string} */ kind) => {
    const found = store && applyFilter(store, { kind });
    return [sayKind(kind), link(found ? count(found.units) : '…', { kind }), link(found ? count(found.rows.length) : '…', { kind })];
  });
  return table([say('kind'), say('errors'), say('sentences')], rows);
}

/** Causes of `score --why`, with F1 if their errors were gone. */
function causeTable(/** @type {any} */ scores) {
  const rows = Object.entries(scores.why.causes).filter(([, row]) => row.n).map(([cause, row]) => [say(cause), link(count(row.n), { cause }), [percent(row.f1), h('span.hint', {}, interval(row.f1_low, row.f1_high))], `+${(100 * row.gain).toFixed(1)}`]);
  return table([say('cause'), say('errors'), say('f1_without'), say('gain')], rows);
}

function countTable(/** @type {Record<string, number>} */ counts, /** @type {(name: string) => import('./filter.js').Filter} */ ask) {
  return table(['', 'n'], Object.entries(counts).map(([name, n]) => [say(name), n ? link(count(n), ask(name)) : '0']));
}

function confusionTable(/** @type {any} */ head) {
  const { pairs, missed, spurious } = head.a.scores.confusion;
  const labels = head.labels.filter((/** @type {string} */ name) => pairs[name] || missed[name] || spurious[name] || Object.values(pairs).some((row) => /** @type {any} */ (row)[name]));
  const most = Math.max(1, ...labels.flatMap((/** @type {string} */ gold) => [missed[gold] ?? 0, spurious[gold] ?? 0, ...labels.filter((/** @type {string} */ x) => x !== gold).map((/** @type {string} */ x) => pairs[gold]?.[x] ?? 0)]));
  const cell = (/** @type {number} */ n, /** @type {string|null} */ gold, /** @type {string|null} */ label) => {
    if (!n) return h('td.zero', {}, '·');
    const shade = gold === label ? 'same' : `heat${Math.ceil((4 * n) / most)}`;
    return h(`td.${shade}`, {}, link(count(n), { pair: JSON.stringify([gold, label]) }));
  };
  return h('div.scroll', {}, h('table.confusion', {},
    h('thead', {}, h('tr', {}, h('th', {}, ''), labels.map((/** @type {string} */ name) => h('th', {}, name)), h('th', {}, say('none')))),
    h('tbody', {},
      labels.map((/** @type {string} */ gold) => h('tr', {}, h('th', {}, gold), labels.map((/** @type {string} */ label) => cell(pairs[gold]?.[label] ?? 0, gold, label)), cell(missed[gold] ?? 0, gold, null))),
      h('tr', {}, h('th', {}, say('none')), labels.map((/** @type {string} */ label) => cell(spurious[label] ?? 0, null, label)), h('td.zero', {}, '')))));
}

function pairedSection(/** @type {import('./data.js').Store|null} */ store, /** @type {any} */ head) {
  const rows = head.paired.map((/** @type {any} */ row) => [
    row.criterion === 'strict' ? say('strict_f1') : say('exactly_right'), percent(row.a), percent(row.b),
    `${percent(row.result.difference)}${interval(row.result.low, row.result.high)}`, row.result.p.toPrecision(2),
  ]);
  const counts = store && countPaired(store, Uint32Array.from({ length: store.n }, (_, i) => i));
  const cells = /** @type {const} */ (['both', 'none', 'a', 'b']).map((name) => h('div.card', {}, h('div.big', {}, link(counts ? count(counts[name]) : '…', { ab: name })), say(`paired_${name}`)));
  return section('paired', h('p', {}, `A: ${head.a.name}; B: ${head.b.name}`), table(['', 'A', 'B', say('difference'), 'p'], rows), h('div.cards', {}, cells, counts && h('div.card', {}, h('div.big', {}, mcnemar(counts.a, counts.b).toPrecision(2)), say('mcnemar'))));
}

function settingsTable(/** @type {any} */ head) {
  const { settings, predictions } = head.a.scores;
  const rows = [
    ['task', settings.task], ['format', settings.answer_format], ['gold', `${settings.gold.name} ${settings.gold.sha256.slice(0, 12)}`],
    ['predictions', `${settings.predictions.name} ${settings.predictions.sha256.slice(0, 12)} (${settings.predictions.layout})`],
    ['training', settings.training ? `${settings.training.name} ${settings.training.sha256.slice(0, 12)}` : '–'],
    ['intervals', `${settings.bootstrap.resamples} resamples, seed ${settings.bootstrap.seed}, ${100 * settings.bootstrap.level} %`],
    ...predictions.notes.map((/** @type {string} */ note) => ['', note]),
  ];
  return table(['', ''], rows);
}
