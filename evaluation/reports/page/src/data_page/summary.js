/** What a data set holds, as figures and charts; every number leads to its sentences. */
import { h } from '../dom.js';
import { say } from '../words.js';
import { lying, upright } from './charts.js';
import {
  BINS, countCategories, countConflicts, countFlag, countLabels, countLonger, countMarks, countOdd, countSplits,
  countSurfaces, countTwins, countUnseen, histogram, percentiles, shareTest, sum,
} from './counts.js';
import { toHash } from './filter.js';
import { fill } from './words.js';

/** @typedef {import('./store.js').DataStore} DataStore */
/** @typedef {import('../address.js').Filter} Filter */

const N_SURFACES = 15;
const N_CONFLICTS = 40;
/** Where a share differs from that of training by more than chance would. */
const P = 0.01;
const PERCENTS = [50, 90, 95, 99, 100];

export const count = (/** @type {number} */ n) => n.toLocaleString('en-US');
const percent = (/** @type {number} */ n, /** @type {number} */ of) => (of ? `${((100 * n) / of).toFixed(1)} %` : '–');

/** A number that leads to its sentences; nothing leads nowhere. */
function link(/** @type {any} */ text, /** @type {number} */ n, /** @type {Filter} */ filter) {
  return n ? h('a.num', { href: toHash('browse', filter) }, text) : h('span.zero', {}, text);
}
const linked = (/** @type {number} */ n, /** @type {Filter} */ filter) => link(count(n), n, filter);

function table(/** @type {any[]} */ head, /** @type {any[][]} */ rows, /** @type {string} */ name = 'table') {
  return h('div.scroll', {}, h(name, {},
    h('thead', {}, h('tr', {}, head.map((cell) => h('th', { scope: 'col' }, cell)))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((cell, i) => (cell?.tagName === 'TD' ? cell : h(i ? 'td' : 'th', i ? {} : { scope: 'row' }, cell))))))));
}

function section(/** @type {string} */ name, /** @type {any[]} */ ...children) {
  return h('section', { id: name }, h('h2', {}, say(name)), children);
}
const hint = (/** @type {any} */ text) => h('p.hint', {}, text);

/** @param {DataStore} store */
export function dataSummary(store) {
  const { head } = store;
  const hasLabels = head.labels.length > 0;
  return h('main.summary', { tabindex: '-1' }, [
    head.is_without_text && h('p.notice', {}, say('no_text_data')),
    head.notes.map((/** @type {string} */ note) => h('p.notice', {}, note)),
    cards(store),
    splitSection(store),
    hasLabels && labelSection(store),
    head.categories.length > 0 && categorySection(store),
    distributionSection(store),
    hasLabels && markSection(store),
    hasLabels && surfaceSection(store),
    hasLabels && conflictSection(store),
    hasLabels && head.splits.includes('train') && head.splits.length > 1 && unseenSection(store),
    tokenSection(store),
    repeatSection(store),
    oddSection(store),
    head.problems.length > 0 && doctorSection(head),
    head.settings.length > 0 && section('made', h('table.said', {}, h('tbody', {}, head.settings.map((/** @type {[string, string]} */ [name, value]) => h('tr', {}, h('th', { scope: 'row' }, say(name)), h('td', {}, value)))))),
  ]);
}

/** Columns of one number a split, and of all together. */
function bySplit(/** @type {DataStore} */ store, /** @type {ArrayLike<number>} */ counts, /** @type {Filter} */ filter) {
  const cells = store.head.splits.map((/** @type {string} */ split, /** @type {number} */ i) => linked(counts[i], { ...filter, split }));
  return cells.length > 1 ? [...cells, linked(sum(counts), filter)] : cells;
}
const splitHead = (/** @type {DataStore} */ store) => (store.head.splits.length > 1 ? [...store.head.splits, say('all_splits')] : store.head.splits);

function cards(/** @type {DataStore} */ store) {
  const splits = countSplits(store);
  const total = (/** @type {'sentences'|'entities'|'empty'} */ key) => splits.reduce((/** @type {number} */ n, /** @type {any} */ x) => n + x[key], 0);
  const card = (/** @type {any} */ value, /** @type {string} */ name, /** @type {any} */ small = '') => h('div.card', {}, h('div.big', {}, value), h('div', {}, name), h('div.hint', {}, small));
  const rows = Array.from({ length: store.n }, (_, row) => row);
  const having = (/** @type {(row: number) => boolean|number} */ test) => rows.filter(test).length;
  const own = having((row) => store.exact[row] & (2 ** store.split[row]));
  const leaks = having((row) => store.exact[row] & ~(2 ** store.split[row]));
  const nearLeaks = having((row) => store.near[row] & ~(2 ** store.split[row]));
  const contradicted = sum(countFlag(store, 'contradicted'));
  const hasLabels = store.head.labels.length > 0;
  return h('div.cards', {}, [
    card(linked(store.n, {}), say('sentence_n'), store.head.splits.length > 1 && store.head.splits.map((/** @type {string} */ split, /** @type {number} */ i) => [i ? ', ' : '', `${split} `, linked(splits[i].sentences, { split })])),
    hasLabels && card(linked(store.row.length, { mark: 'any' }), say('entity_n'), `${(store.row.length / store.n).toFixed(2)} ${say('per_sentence')}`),
    hasLabels && card(linked(total('empty'), { n: '0-0' }), say('empty_n'), percent(total('empty'), store.n)),
    card(linked(own, { twin: 'exact:own' }), say('dup_own')),
    store.head.splits.length > 1 && card(linked(leaks, { twin: 'exact:other' }), say('dup_other'), [linked(nearLeaks, { twin: 'near:other' }), ` ${say('near_other')}`]),
    card(linked(contradicted, { flag: 'contradicted' }), say('contradicted')),
  ]);
}

function splitSection(/** @type {DataStore} */ store) {
  const splits = countSplits(store);
  const rows = store.head.splits.map((/** @type {string} */ split, /** @type {number} */ i) => {
    const x = splits[i];
    const entities = [linked(x.entities, { split, mark: 'any' }), (x.entities / x.sentences).toFixed(2), [linked(x.empty, { split, n: '0-0' }), h('span.hint', {}, ` ${percent(x.empty, x.sentences)}`)], count(x.surfaces)];
    return [split, linked(x.sentences, { split }), ...(store.head.labels.length ? entities : []), (x.characters / x.sentences).toFixed(1), linked(x.longest, { split, len: `${x.longest}-` })];
  });
  const entityHead = store.head.labels.length ? ['entity_n', 'per_sentence', 'empty_n', 'surfaces_n'] : [];
  return section('splits', table(['split', 'sentence_n', ...entityHead, 'mean_length', 'longest'].map((word) => say(word)), rows));
}

/** Counts and shares by split, marked where a share is not that of the first split. */
function shareTable(/** @type {DataStore} */ store, /** @type {string} */ title, /** @type {string[]} */ names, /** @type {Uint32Array[]} */ counts, /** @type {(name: string) => Filter} */ ask) {
  const totals = store.head.splits.map((/** @type {string} */ _, /** @type {number} */ i) => sum(counts.map((row) => row[i])));
  const whole = sum(totals);
  const rows = names.map((name, k) => {
    const cells = store.head.splits.map((/** @type {string} */ split, /** @type {number} */ i) => {
      const differs = i > 0 && totals[i] > 0 && shareTest(counts[k][i], totals[i], counts[k][0], totals[0]) < P;
      return h(`td${differs ? '.differs' : ''}`, {}, linked(counts[k][i], { ...ask(name), split }), h('span.hint', {}, ` ${percent(counts[k][i], totals[i])}`));
    });
    const all = [linked(sum(counts[k]), ask(name)), h('span.hint', {}, ` ${percent(sum(counts[k]), whole)}`)];
    return [h('span', {}, name), ...cells, ...(cells.length > 1 ? [all] : [])];
  });
  return table([say(title), ...splitHead(store)], rows, 'table.shares');
}

/** @returns {import('./charts.js').Part[]} */
function partsOf(/** @type {DataStore} */ store, /** @type {string[]} */ names, /** @type {Uint32Array[]} */ counts, /** @type {(k: number) => Filter} */ ask) {
  return names.flatMap((name, k) => store.head.splits.map((/** @type {string} */ split, /** @type {number} */ i) => ({ name, split, n: counts[k][i], href: toHash('browse', { ...ask(k), split }) })));
}

function labelSection(/** @type {DataStore} */ store) {
  const { labels, splits } = store.head;
  const counts = countLabels(store);
  const ask = (/** @type {string} */ label) => ({ label });
  return section('labels', lying(partsOf(store, labels, counts, (k) => ask(labels[k])), splits), splits.length > 1 && hint(fill('labels_note', { split: splits[0] })), shareTable(store, 'label', labels, counts, ask));
}

function categorySection(/** @type {DataStore} */ store) {
  const { categories, splits } = store.head;
  const counts = countCategories(store);
  const ask = (/** @type {string} */ cat) => ({ cat });
  return section('categories', lying(partsOf(store, categories, counts, (k) => ask(categories[k])), splits), shareTable(store, 'category', categories, counts, ask));
}

/** @param {DataStore} store @param {'n'|'len'|'elen'|'tok'} key @param {string} title */
function distribution(store, key, title) {
  const { entity } = store;
  const ofEntities = key === 'elen';
  const value = {
    n: (/** @type {number} */ row) => store.first[row + 1] - store.first[row],
    len: (/** @type {number} */ row) => store.length[row],
    elen: (/** @type {number} */ e) => entity.end[e] - entity.start[e],
    tok: (/** @type {number} */ row) => store.prompt[row] + store.answer[row],
  }[key];
  const split = (/** @type {number} */ i) => store.split[ofEntities ? store.row[i] : i];
  // What has no place has length 0, which no bin holds.
  const bins = histogram(BINS[key], store.head.splits.length, ofEntities ? store.row.length : store.n, value, split);
  const parts = partsOf(store, bins.map((bin) => bin.name), bins.map((bin) => bin.counts), (k) => ({ [key]: bins[k].range }));
  const rows = bins.map((bin) => [bin.name, ...bySplit(store, bin.counts, { [key]: bin.range })]);
  return h('div', { id: `dist_${key}` }, h('h3', {}, say(title)), upright(parts, store.head.splits), h('details', {}, h('summary', {}, say('numbers')), table(['', ...splitHead(store)], rows)));
}

function distributionSection(/** @type {DataStore} */ store) {
  const hasLabels = store.head.labels.length > 0;
  return section('distributions', hasLabels && distribution(store, 'n', 'dist_n'), distribution(store, 'len', 'dist_len'), hasLabels && distribution(store, 'elen', 'dist_elen'));
}

function markSection(/** @type {DataStore} */ store) {
  const counts = countMarks(store);
  const rows = store.head.marks.map((/** @type {string} */ mark, /** @type {number} */ k) => [say(`mark_${mark}`), ...bySplit(store, counts[k], { mark })]);
  return section('marks', table([say('mark'), ...splitHead(store)], rows));
}

const moreWords = (/** @type {number} */ n, /** @type {number} */ of) => fill(n < of ? 'surfaces_more' : 'surfaces_all', { n: count(n), of: count(of) });

function surfaceSection(/** @type {DataStore} */ store) {
  const found = countSurfaces(store);
  const parts = store.head.labels.map((/** @type {string} */ label, /** @type {number} */ k) => {
    const rows = found[k].slice(0, N_SURFACES).map(({ surface, counts }) => [h('span.hash', {}, store.surfaces[surface]), ...bySplit(store, counts, { label, surface: store.surfaces[surface] })]);
    const shown = moreWords(rows.length, found[k].length);
    return h('details', { open: k === 0 }, h('summary', {}, `${label} `, h('span.hint', {}, shown)), table([say('surface'), ...splitHead(store)], rows));
  });
  return section('surfaces', parts);
}

function conflictSection(/** @type {DataStore} */ store) {
  const { labels } = store.head;
  const found = countConflicts(store);
  if (!found.length) return section('conflicts', hint(say('nothing_found')));
  const bit = { mark: 'several' };
  const rows = found.slice(0, N_CONFLICTS).map(({ surface, labels: counts, n }) => {
    const asked = { ...bit, surface: store.surfaces[surface] };
    const each = [...counts].map(([label, m], i) => [i ? ', ' : '', `${labels[label]} `, linked(m, { ...asked, label: labels[label] })]);
    return [h('span.hash', {}, store.surfaces[surface]), linked(n, asked), h('td.left', {}, each)];
  });
  const mentions = found.reduce((total, x) => total + x.n, 0);
  return section('conflicts', hint(say('conflicts_note')), hint([moreWords(rows.length, found.length), ' ', linked(mentions, bit), ` ${say('mentions')}`]), table([say('surface'), say('mentions'), say('labels')], rows));
}

function unseenSection(/** @type {DataStore} */ store) {
  const { head } = store;
  const unseen = countLabels(store, 'unseen');
  const all = countLabels(store);
  const surfaces = countUnseen(store);
  const others = head.splits.map((/** @type {string} */ split, /** @type {number} */ i) => ({ split, i })).filter((/** @type {any} */ x) => x.split !== 'train');
  const rows = head.labels.map((/** @type {string} */ label, /** @type {number} */ k) => [h('span', {}, label), ...others.map((/** @type {any} */ x) => [linked(unseen[k][x.i], { label, mark: 'unseen', split: x.split }), h('span.hint', {}, ` ${percent(unseen[k][x.i], all[k][x.i])}`)])]);
  const whole = others.map((/** @type {any} */ x) => {
    const [n, of] = [sum(unseen.map((row) => row[x.i])), sum(all.map((row) => row[x.i]))];
    return [linked(n, { mark: 'unseen', split: x.split }), h('span.hint', {}, ` ${percent(n, of)}`)];
  });
  const words = others.map((/** @type {any} */ x) => [`${count(surfaces[x.i].unseen)}`, h('span.hint', {}, ` ${percent(surfaces[x.i].unseen, surfaces[x.i].surfaces)}`)]);
  return section('unseen', hint(say('unseen_note')), table([say('label'), ...others.map((/** @type {any} */ x) => x.split)], [...rows, [say('all_splits'), ...whole], [say('unseen_surfaces'), ...words]]));
}

function tokenSection(/** @type {DataStore} */ store) {
  const { tokens, cutoffs, splits } = store.head;
  const words = `${tokens.tokenizer ? 'tokens_exact' : 'tokens_estimated'}${tokens.of_rows ? '' : '_sentence'}`;
  const parts = [hint(fill(words, tokens)), distribution(store, 'tok', tokens.of_rows ? 'dist_tok' : 'dist_tok_sentence')];
  if (!tokens.of_rows) return section('tokens', parts);
  const rows = cutoffs.map((/** @type {any} */ x) => [h('span', {}, count(x.tokens), h('span.hint', {}, ` ${x.used_by.join(', ')}`)), ...bySplit(store, countLonger(store, x.tokens), { over: String(x.tokens) })]);
  const sizes = splits.flatMap((/** @type {string} */ split, /** @type {number} */ i) => {
    const rowsOf = [...store.split.keys()].filter((row) => store.split[row] === i);
    const of = (/** @type {(row: number) => number} */ value) => percentiles(PERCENTS, rowsOf.map(value)).map(count);
    const longest = Math.max(...percentiles([100], rowsOf.map((row) => store.prompt[row] + store.answer[row])));
    const whole = of((row) => store.prompt[row] + store.answer[row]);
    return [
      [split, say('part_prompt'), ...of((row) => store.prompt[row])], ['', say('part_answer'), ...of((row) => store.answer[row])],
      ['', say('part_row'), ...whole.slice(0, -1), linked(longest, { split, tok: `${longest}-` })],
    ];
  });
  return section('tokens', parts, h('h3', {}, say('truncated_rows')), table([say('cutoff'), ...splitHead(store)], rows, 'table.cutoffs'),
    h('h3', {}, say('percentile')), table([say('split'), say('part'), ...PERCENTS], sizes));
}

function repeatSection(/** @type {DataStore} */ store) {
  const { splits, near_threshold: share } = store.head;
  const tables = /** @type {const} */ (['exact', 'near']).map((kind) => {
    const counts = countTwins(store, kind);
    const rows = splits.map((/** @type {string} */ split, /** @type {number} */ i) => [split, ...splits.map((/** @type {string} */ other, /** @type {number} */ j) => h(`td${i === j || !counts[i][j] ? '' : '.differs'}`, {}, linked(counts[i][j], { split, twin: `${kind}:${other}` })))]);
    return h('div', { id: `twins_${kind}` }, h('h3', {}, say(kind)), table(['', ...splits], rows));
  });
  const flags = store.head.row_flags.map((/** @type {string} */ flag) => [say(flag), ...bySplit(store, countFlag(store, flag), { flag })]);
  return section('repeats', hint(fill('repeats_note', { share: Math.round(100 * share) })), h('div.beside', {}, tables), h('h3', {}, say('row_problems')), table(['', ...splitHead(store)], flags));
}

function oddSection(/** @type {DataStore} */ store) {
  const counts = countOdd(store);
  const rows = store.head.odd_kinds.flatMap((/** @type {string} */ odd, /** @type {number} */ k) => (sum(counts[k]) ? [[say(`odd_${odd}`), ...bySplit(store, counts[k], { odd })]] : []));
  return section('odd', rows.length ? table(['', ...splitHead(store)], rows) : hint(say('nothing_found')));
}

function doctorSection(/** @type {any} */ head) {
  const rows = head.problems.map((/** @type {any} */ x) => [x.code, h('td.left', {}, h(`span.badge.${{ error: 'bad', warning: 'warn' }[/** @type {string} */ (x.severity)] ?? 'none'}`, {}, say(x.severity))), h('td.left', {}, x.place), h('td.left', {}, x.message, x.remedy && h('div.hint', {}, x.remedy))]);
  return section('doctor', table(['', say('severity'), say('place'), say('message')], rows, 'table.said'));
}
