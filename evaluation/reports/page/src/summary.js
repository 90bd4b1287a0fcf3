/** The summary: figures of scores.json, each a link to its sentences. */
import { f1Bars, reliabilityChart, riskCurve, trainingCurve } from './charts.js';
import { h, visible } from './dom.js';
import { applyFilter, sideOf, toHash } from './filter.js';
import { countPaired, mcnemar } from './figures.js';
import { count, countLink, figure, interval, link, percent, table } from './numbers.js';
import { say, sayNote, sayOf, saySlice } from './words.js';

/** @typedef {import('./filter.js').Filter} Filter */
/**
 * What a part of the summary is made from.
 * @typedef {object} Of
 * @property {import('./data.js').Store|null} store Null until sentences are unpacked.
 * @property {any} head
 * @property {any} scores Of the system that is shown.
 * @property {(filter: Filter) => Filter} ask Asks it of that system.
 */

/** @param {import('./data.js').Store|null} store @param {any} head @param {string} [side] `b` for the figures of the second system. */
export function summaryView(store, head, side) {
  const isB = side === 'b' && head.b;
  const { scores } = isB ? head.b : head.a;
  /** @type {Of} */
  const of = { store, head, scores, ask: (filter) => (isB ? { ...filter, side: 'b' } : filter) };
  const { confidence } = scores;
  return h('main.summary', { tabindex: '-1' }, [
    head.is_without_text && h('p.notice', {}, say('no_text')),
    [...head.a.notes, ...(head.b?.notes ?? [])].map((note) => h('p.notice', {}, sayNote(note))),
    head.b && systemSwitch(head, isB),
    cards(of),
    head.b && pairedSection(store, head),
    section('by_label', labelTable(of), f1Bars(bars(head, (x) => x.criteria.strict.per_label, (name) => ({ label: name, role: 'err' })))),
    section('criteria', criteriaTable(of)),
    section('kinds', kindTable(of)),
    section('confusion', h('p.hint', {}, say('confusion_note')), confusionTable(of)),
    section('by_slice', f1Bars(bars(head, (x) => x.slices, (name) => ({ slice: name, role: 'err' }), saySlice)), sliceTable(of)),
    section('outcomes', countTable(of, 'outcome', scores.outcomes)),
    Object.keys(scores.problems).length > 0 && section('problems', countTable(of, 'problem', scores.problems)),
    scores.why && section('causes', causeTable(of)),
    hasCurve(head.curve) && section('curve', trainingCurve(head.curve), curveTable(of)),
    confidence?.entities.risk.length > 0 && section('risk', h('p.hint', {}, say('risk_note')), confidenceFigures(of), riskCurve(confidence.entities.risk, (least) => toHash('browse', of.ask(surest(least)))), riskTable(of), reliability(of)),
    section('settings', settingsTable(of)),
  ]);
}

const hasCurve = (/** @type {any} */ curve) => curve && curve.losses.length + curve.eval_losses.length + curve.scores.length > 0;

function section(/** @type {string} */ name, /** @type {any[]} */ ...children) {
  return h('section', { id: name }, h('h2', {}, say(name)), children);
}

/** Which of two systems the figures below are of. */
function systemSwitch(/** @type {any} */ head, /** @type {boolean} */ isB) {
  const tab = (/** @type {string} */ name, /** @type {boolean} */ isOn, /** @type {Filter} */ filter, /** @type {string} */ of) => h(`a.system${isOn ? '.on' : ''}`, { href: toHash('summary', filter) }, `${name}: ${of}`);
  return h('nav.systems', { 'aria-label': say('system') }, tab('A', !isB, {}, head.a.name), tab('B', isB, { side: 'b' }, head.b.name));
}

function cards(/** @type {Of} */ { scores, ask }) {
  const { micro } = scores.criteria.strict;
  const card = (/** @type {any} */ value, /** @type {string} */ name, /** @type {any} */ small) => h('div.card', {}, h('div.big', {}, value), h('div', {}, name), h('div.hint', {}, small));
  const n_exact = Math.round(scores.sample_exact_match * scores.n_samples);
  return h('div.cards', {}, [
    card(link(percent(micro.f1), ask({ role: 'err' }), { title: f1Title(micro) }), say('strict_f1'), interval(micro.f1_low, micro.f1_high)),
    card(link(percent(scores.sample_exact_match), ask({ exact: '1' }), { n: n_exact, of: 'rows', title: `${count(n_exact)} / ${count(scores.n_samples)}` }), say('exactly_right'), [
      countLink(n_exact, ask({ exact: '1' }), 'rows'), ` ${say('of')} `, countLink(scores.n_samples, ask({}), 'rows'), interval(scores.sample_exact_match_low, scores.sample_exact_match_high),
    ]),
    card(countLink(scores.n_samples - n_exact, ask({ exact: '0' }), 'rows'), say('wrong_sentences'), ''),
    card(countLink(scores.n_gold, ask({ role: 'gold' })), say('n_gold'), [countLink(micro.tp, ask({ role: 'tp' })), ` ${say('tp')}${say('comma')}`, countLink(scores.n_gold - micro.tp, ask({ role: 'fn' })), ` ${say('missed_n')}`]),
    card(countLink(scores.n_predicted, ask({ role: 'pred' })), say('n_predicted'), [countLink(scores.n_predicted - micro.tp, ask({ role: 'fp' })), ` ${say('spurious_n')}`]),
  ]);
}

const f1Title = (/** @type {any} */ x) => `2 × ${count(x.tp)} / (${count(x.n_gold)} + ${count(x.n_predicted)}); ${say('leads_errors')}`;

/** Precision leads to what is wrong in answers, recall to what is missed in gold, F1 to both. */
function figureCells(/** @type {any} */ x, /** @type {(role: string) => Filter} */ ask, /** @type {'units'|'counted'} */ of = 'units') {
  return [
    link(percent(x.precision), ask('precision'), { n: x.n_predicted - x.tp, of, title: `${count(x.tp)} / ${count(x.n_predicted)}; ${say('leads_spurious')}` }),
    link(percent(x.recall), ask('recall'), { n: x.n_gold - x.tp, of, title: `${count(x.tp)} / ${count(x.n_gold)}; ${say('leads_missed')}` }),
    [link(percent(x.f1), ask('f1'), { title: f1Title(x) }), interval(x.f1_low, x.f1_high)],
    countLink(x.tp, ask('tp'), of), countLink(x.n_gold, ask('n_gold'), of), countLink(x.n_predicted, ask('n_predicted'), of),
  ];
}

const ROLE = { precision: 'fp', recall: 'fn', f1: 'err', tp: 'tp', n_gold: 'gold', n_predicted: 'pred' };
const FIGURES = ['precision', 'recall', 'f1', 'tp', 'n_gold', 'n_predicted'];
const figureHead = () => FIGURES.map((name) => say(name));
const roleOf = (/** @type {string} */ name) => /** @type {any} */ (ROLE)[name];

function labelTable(/** @type {Of} */ { scores, ask }) {
  const rows = Object.entries(scores.criteria.strict.per_label).map(([label, figures]) => [label, ...figureCells(figures, (role) => ask({ label, role: roleOf(role) }))]);
  return table([say('label'), ...figureHead()], rows);
}

function sliceTable(/** @type {Of} */ { scores, ask }) {
  const rows = Object.entries(scores.slices).map(([slice, figures]) => [saySlice(slice), ...figureCells(figures, (role) => ask({ slice, role: roleOf(role) }))]);
  return table([say('slice'), ...figureHead()], rows);
}

function criteriaTable(/** @type {Of} */ { scores, ask }) {
  const rows = Object.entries(scores.criteria).map(([name, { micro }]) => [sayOf('criterion', name), ...figureCells(micro, (role) => ask({ crit: `${name}:${role}` }), 'counted')]);
  return table([say('criterion'), ...figureHead()], rows);
}

/** The bars of one or two systems. */
function bars(/** @type {any} */ head, /** @type {(scores: any) => Record<string, any>} */ of, /** @type {(name: string) => Filter} */ ask, /** @type {(name: string) => string} */ called = (name) => name) {
  /** @type {[string, any, Filter][]} */
  const systems = head.b ? [['A', head.a, {}], ['B', head.b, { side: 'b' }]] : [['A', head.a, {}]];
  return systems.flatMap(([system, figures, side]) => Object.entries(of(figures.scores)).map(([name, row]) => ({
    name: visible(called(name)), system, f1: row.f1, low: row.f1_low, high: row.f1_high, href: toHash('browse', { ...ask(name), ...side }),
    title: `${head.b ? `${system} ` : ''}${visible(called(name))}: F1 ${percent(row.f1)}${interval(row.f1_low, row.f1_high)?.textContent ?? ''}; ${say('n_gold')} ${count(row.n_gold)}`,
  })));
}

function kindTable(/** @type {Of} */ { store, head, ask }) {
  const rows = head.kinds.slice(1).map((/** @type {string} */ kind) => {
    const found = store && applyFilter(store, ask({ kind }));
    return [sayOf('kind', kind), countLink(found && found.units, ask({ kind })), countLink(found && found.rows.length, ask({ kind }), 'rows')];
  });
  return table([sayOf('condition', 'kind'), say('errors'), say('sentences')], rows);
}

/** Causes of `score --why`, with F1 if their errors were gone. */
function causeTable(/** @type {Of} */ { scores, ask }) {
  const rows = Object.entries(scores.why.causes).filter(([, row]) => row.n).map(([cause, row]) => [sayOf('cause', cause), countLink(row.n, ask({ cause })), figure([percent(row.f1), interval(row.f1_low, row.f1_high)]), figure([`+${(100 * row.gain).toFixed(1)}`, interval(row.gain_low, row.gain_high)])]);
  return table([sayOf('condition', 'cause'), say('errors'), say('f1_without'), say('gain')], rows);
}

function countTable(/** @type {Of} */ { ask }, /** @type {string} */ group, /** @type {Record<string, number>} */ counts) {
  return table(['', 'n'], Object.entries(counts).map(([name, n]) => [sayOf(group, name), countLink(n, ask({ [group]: name }), 'counted')]));
}

function confusionTable(/** @type {Of} */ { head, scores, ask }) {
  const { pairs, missed, spurious } = scores.confusion;
  const labels = head.labels.filter((/** @type {string} */ name) => pairs[name] || missed[name] || spurious[name] || Object.values(pairs).some((row) => /** @type {any} */ (row)[name]));
  const most = Math.max(1, ...labels.flatMap((/** @type {string} */ gold) => [missed[gold] ?? 0, spurious[gold] ?? 0, ...labels.filter((/** @type {string} */ x) => x !== gold).map((/** @type {string} */ x) => pairs[gold]?.[x] ?? 0)]));
  const cell = (/** @type {number} */ n, /** @type {string|null} */ gold, /** @type {string|null} */ label) => {
    if (!n) return h('td.zero', {}, '·');
    const shade = gold === label ? 'same' : `heat${Math.ceil((4 * n) / most)}`;
    return h(`td.${shade}`, {}, countLink(n, ask({ pair: JSON.stringify([gold, label]) })));
  };
  return h('div.scroll', {}, h('table.confusion', {},
    h('thead', {}, h('tr', {}, h('th', {}, ''), labels.map((/** @type {string} */ name) => h('th', {}, name)), h('th', {}, say('none')))),
    h('tbody', {},
      labels.map((/** @type {string} */ gold) => h('tr', {}, h('th', {}, gold), labels.map((/** @type {string} */ label) => cell(pairs[gold]?.[label] ?? 0, gold, label)), cell(missed[gold] ?? 0, gold, null))),
      h('tr', {}, h('th', {}, say('none')), labels.map((/** @type {string} */ label) => cell(spurious[label] ?? 0, null, label)), h('td.zero', {}, '')))));
}

function pairedSection(/** @type {import('./data.js').Store|null} */ store, /** @type {any} */ head) {
  const rows = head.paired.map((/** @type {any} */ row) => {
    const isStrict = row.criterion === 'strict';
    const lead = (/** @type {number} */ value, /** @type {Filter} */ side) => link(percent(value), { ...(isStrict ? { role: 'err' } : { exact: '1' }), ...side }, { title: isStrict ? say('leads_errors') : '' });
    return [
      say(isStrict ? 'strict_f1' : 'exactly_right'), lead(row.a, {}), lead(row.b, { side: 'b' }),
      figure([percent(row.result.difference), interval(row.result.low, row.result.high)]), figure(row.result.p.toPrecision(2)),
    ];
  });
  const counts = store && countPaired(store, Uint32Array.from({ length: store.n }, (_, i) => i));
  const cells = /** @type {const} */ (['both', 'none', 'a', 'b']).map((name) => h('div.card', {}, h('div.big', {}, countLink(counts && counts[name], { ab: name }, 'rows')), sayOf('ab', name)));
  return section('paired', table(['', 'A', 'B', say('difference'), 'p'], rows), h('div.cards', {}, cells, counts && h('div.card', {}, h('div.big', {}, figure(mcnemar(counts.a, counts.b).toPrecision(2))), say('mcnemar'))));
}

/** The F1 of checkpoints: a link where its sentences are in this page. */
function curveTable(/** @type {Of} */ { head }) {
  if (!head.curve.scores.length) return null;
  const rows = head.curve.scores.map((/** @type {any} */ row) => {
    const f1 = percent(row.f1);
    const value = row.side ? link(f1, { role: 'err', ...(row.side === 'b' ? { side: 'b' } : {}) }, { title: say('leads_errors') }) : figure(f1);
    const where = row.side ? h('a', { href: toHash('browse', row.side === 'b' ? { side: 'b' } : {}) }, say('its_sentences')) : h('span.hint', {}, `${say('not_here')} --checkpoint ${row.name} --split ${row.split}`);
    return [row.name, row.split, figure(count(row.step)), [value, interval(row.f1_low, row.f1_high)], where];
  });
  return table([say('checkpoint'), say('split'), say('step'), say('strict_f1'), say('sentences')], rows);
}

/** Entities that are at least so sure. */
const surest = (/** @type {number} */ least) => ({ role: 'pred', conf: `${least.toFixed(9)}-1` });

function confidenceFigures(/** @type {Of} */ { scores: { confidence }, ask }) {
  const { entities, n_unplaced: none } = confidence;
  const estimate = (/** @type {any} */ x) => (x.value === null ? figure('–') : figure([x.value.toFixed(3), typeof x.low === 'number' ? ` (${x.low.toFixed(3)}–${x.high.toFixed(3)})` : '']));
  const rows = [['AUROC', estimate(entities.auroc)], [say('calibration_error'), estimate(entities.raw.calibration_error)], [say('brier'), figure(entities.raw.brier.toFixed(3))], [say('without_confidence'), countLink(none, ask({ role: 'pred', conf: 'none' }))]];
  return table(['', ''], rows);
}

function riskTable(/** @type {Of} */ { scores: { confidence }, ask }) {
  const { risk, n } = confidence.entities;
  const rows = risk.map((/** @type {any} */ row) => {
    const taken = Math.round(row.coverage * n);
    return [figure(`≥ ${row.confidence.toFixed(3)}`), link(percent(row.coverage), ask(surest(row.confidence)), { n: taken, title: `${count(taken)} / ${count(n)}` }), countLink(taken, ask(surest(row.confidence))), figure(percent(row.precision))];
  });
  return h('details', {}, h('summary', {}, say('as_table')), table([sayOf('condition', 'conf'), say('coverage'), say('entities_taken'), say('precision_word')], rows));
}

/** Bins of like confidence; equal ones are in one bin, so that the sorted confidences give its bounds. */
function reliability(/** @type {Of} */ { store, scores: { confidence }, ask, head }) {
  const { bins } = confidence.entities.raw;
  if (!store || !bins.length) return null;
  const { unit } = sideOf(store, ask({}));
  const sorted = unit.confidence.filter((/** @type {number} */ value) => value >= 0).sort();
  let at = 0;
  const rows = bins.map((/** @type {any} */ bin) => {
    const from = sorted[at];
    at += bin.n;
    const to = at < sorted.length ? sorted[at] : null;
    const conf = `${(from / head.confidence_unit).toFixed(9)}-${to === null ? 1 : (to / head.confidence_unit).toFixed(9)}`;
    return { ...bin, filter: ask({ role: 'pred', conf }) };
  });
  const cells = rows.map((/** @type {any} */ row) => [figure(row.mean_confidence.toFixed(3)), countLink(row.n, row.filter), figure(percent(row.share_right))]);
  return [
    h('h3', {}, say('reliability')), h('p.hint', {}, say('reliability_note')), reliabilityChart(rows, (row) => toHash('browse', row.filter)),
    h('details', {}, h('summary', {}, say('as_table')), table([say('mean_confidence'), say('entities_taken'), say('share_right')], cells)),
  ];
}

const hash12 = (/** @type {string} */ text) => text.slice(0, 12);

function settingsTable(/** @type {Of} */ { scores }) {
  const { settings, predictions } = scores;
  const file = (/** @type {any} */ x) => (x ? `${x.name} ${hash12(x.sha256)}` : '–');
  const counts = Object.entries(predictions.counts).filter(([, n]) => n).map(([name, n]) => `${sayOf('count', name)} ${count(/** @type {number} */ (n))}`);
  const rows = [
    [say('task'), settings.task], [say('format'), settings.answer_format], [say('gold'), file(settings.gold)],
    [say('predictions'), `${file(settings.predictions)} (${settings.predictions.layout})`], [say('training_gold'), file(settings.training)],
    [say('intervals'), `${say('resamples')} ${count(settings.bootstrap.resamples)}${say('comma')}${say('seed')} ${settings.bootstrap.seed}${say('comma')}${100 * settings.bootstrap.level} %`],
    [say('rows_read'), counts.join(say('comma'))],
    ...predictions.notes.map((/** @type {string} */ note) => [say('said_then'), h('span', { lang: 'en' }, note)]),
  ];
  return table(['', ''], rows);
}
