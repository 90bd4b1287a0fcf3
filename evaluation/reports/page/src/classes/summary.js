/** The summary of a text classification: figures of scores.json, each a link to its texts. */
import { f1Bars } from '../charts.js';
import { h } from '../dom.js';
import { toHash } from '../filter.js';
import { countPaired, mcnemar } from '../figures.js';
import { count, interval, link, percent, table } from '../numbers.js';
import { say, sayNote } from '../words.js';
import { nameOf } from './words.js';

/** @param {import('../data.js').Store|null} store Null until texts are unpacked. @param {any} head */
export function classSummary(store, head) {
  const { scores } = head.a;
  return h('main.summary', { tabindex: '-1' }, [
    head.is_without_text && h('p.notice', {}, say('no_text')),
    [...head.a.notes, ...(head.b?.notes ?? [])].map((note) => h('p.notice', {}, sayNote(note))),
    cards(scores),
    head.b && pairedSection(store, head),
    section('by_label', labelTable(scores), f1Bars(labelRows(head))),
    section('confusion', h('p.hint', {}, nameOf('confusion_note')), confusionTable(head)),
    store && section('reading', outcomeTable(store)),
    section('settings', settingsTable(scores), h('p.hint', {}, nameOf('no_verdicts'))),
  ]);
}

function section(/** @type {string} */ name, /** @type {any[]} */ ...children) {
  return h('section', { id: name }, h('h2', {}, nameOf(name)), children);
}

function cards(/** @type {any} */ scores) {
  const card = (/** @type {any} */ value, /** @type {string} */ name, /** @type {any} */ small) => h('div.card', {}, h('div.big', {}, value), h('div', {}, name), h('div.hint', {}, small));
  const right = Math.round(scores.accuracy * scores.n_samples);
  return h('div.cards', {}, [
    card(link(percent(scores.accuracy), { exact: '1' }), nameOf('accuracy'), [link(count(right), { exact: '1' }), ` ${say('of')} `, link(count(scores.n_samples), {}), interval(scores.accuracy_low, scores.accuracy_high)]),
    card(link(percent(scores.macro_f1), { exact: '0' }), nameOf('macro_f1'), interval(scores.macro_f1_low, scores.macro_f1_high)),
    card(link(count(scores.n_samples - right), { exact: '0' }), nameOf('wrong'), ''),
    card(link(count(scores.n_unread), { kind: 'missed' }), nameOf('unread'), scores.n_not_offered > 0 && `${count(scores.n_not_offered)} ${nameOf('not_offered')}`),
  ]);
}

function labelTable(/** @type {any} */ scores) {
  const rows = Object.entries(scores.per_label).map(([label, row]) => [
    label, link(percent(row.precision), { label, role: 'fp' }), link(percent(row.recall), { label, role: 'fn' }),
    [link(percent(row.f1), { label, role: 'err' }), interval(row.f1_low, row.f1_high)],
    link(count(row.tp), { label, role: 'tp' }), link(count(row.n_gold), { label, role: 'gold' }), link(count(row.n_predicted), { label, role: 'pred' }),
  ]);
  return table([nameOf('label'), 'P', 'R', 'F1', nameOf('right'), nameOf('gold'), nameOf('predicted')], rows);
}

function labelRows(/** @type {any} */ head) {
  /** @type {[string, any][]} */
  const systems = head.b ? [['A', head.a], ['B', head.b]] : [['A', head.a]];
  return systems.flatMap(([system, { scores }]) => Object.entries(scores.per_label).map(([name, row]) => ({
    name, system, f1: row.f1, low: row.f1_low, high: row.f1_high, href: system === 'A' ? toHash('browse', { label: name, role: 'err' }) : null,
    title: `${system} ${name}: F1 ${percent(row.f1)}, n ${row.n_gold}`,
  })));
}

function confusionTable(/** @type {any} */ head) {
  const { pairs, unread } = head.a.scores.confusion;
  const labels = head.labels.filter((/** @type {string} */ name) => pairs[name] || unread[name] || Object.values(pairs).some((row) => /** @type {any} */ (row)[name]));
  const most = Math.max(1, ...labels.flatMap((/** @type {string} */ gold) => [unread[gold] ?? 0, ...labels.filter((/** @type {string} */ x) => x !== gold).map((/** @type {string} */ x) => pairs[gold]?.[x] ?? 0)]));
  const cell = (/** @type {number} */ n, /** @type {string} */ gold, /** @type {string|null} */ label) => {
    if (!n) return h('td.zero', {}, '·');
    return h(`td.${gold === label ? 'same' : `heat${Math.ceil((4 * n) / most)}`}`, {}, link(count(n), { pair: JSON.stringify([gold, label]) }));
  };
  const rows = labels.map((/** @type {string} */ gold) => h('tr', {}, h('th', {}, gold), labels.map((/** @type {string} */ label) => cell(pairs[gold]?.[label] ?? 0, gold, label)), cell(unread[gold] ?? 0, gold, null)));
  return h('div.scroll', { tabindex: '0' }, h('table.confusion', {}, h('thead', {}, h('tr', {}, h('th', {}, ''), labels.map((/** @type {string} */ name) => h('th', {}, name)), h('th', {}, nameOf('unread')))), h('tbody', {}, rows)));
}

function outcomeTable(/** @type {import('../data.js').Store} */ store) {
  const { outcomes } = store.head;
  const counts = outcomes.map((/** @type {string} */ _, /** @type {number} */ i) => store.a.outcome.reduce((n, outcome) => n + Number(outcome === i), 0));
  return table(['', 'n'], outcomes.map((/** @type {string} */ outcome, /** @type {number} */ i) => [nameOf(outcome), link(count(counts[i]), { outcome })]));
}

function pairedSection(/** @type {import('../data.js').Store|null} */ store, /** @type {any} */ head) {
  const rows = head.paired.map((/** @type {any} */ row) => [nameOf('accuracy'), percent(row.a), percent(row.b), [percent(row.result.difference), interval(row.result.low, row.result.high)], row.result.p.toPrecision(2)]);
  const counts = store && countPaired(store, Uint32Array.from({ length: store.n }, (_, i) => i));
  const cells = /** @type {const} */ (['both', 'none', 'a', 'b']).map((name) => h('div.card', {}, h('div.big', {}, link(counts ? count(counts[name]) : '…', { ab: name })), nameOf(name)));
  return section('paired', h('p', {}, `A: ${head.a.name}; B: ${head.b.name}`), table(['', 'A', 'B', say('difference'), 'p'], rows), h('div.cards', {}, cells, counts && h('div.card', {}, h('div.big', {}, mcnemar(counts.a, counts.b).toPrecision(2)), say('mcnemar'))));
}

function settingsTable(/** @type {any} */ scores) {
  const { settings, predictions } = scores;
  return table(['', ''], [
    ['task', settings.task], ['gold', settings.gold_sha256.slice(0, 12)],
    ['predictions', `${settings.predictions.name} ${settings.predictions.sha256.slice(0, 12)} (${settings.predictions.layout})`],
    ['intervals', `${settings.bootstrap.resamples} resamples, seed ${settings.bootstrap.seed}, ${100 * settings.bootstrap.level} %`],
    ...predictions.notes.map((/** @type {string} */ note) => ['', note]),
  ]);
}
