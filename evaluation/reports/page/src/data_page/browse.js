/** The sentences of a data set: the browser of reports with conditions of its own. */
import { Browser } from '../browse.js';
import { h, replace, visible } from '../dom.js';
import { say } from '../words.js';
import { dataDetail } from './detail.js';
import { applyDataFilter, toHash } from './filter.js';
import { count } from './summary.js';
import { fill } from './words.js';

/** @typedef {import('../address.js').Filter} Filter */

/** Nothing is judged here. */
const NO_VERDICTS = { all: new Map(), of: () => null };

export class DataBrowser extends Browser {
  /** @param {import('./store.js').DataStore} store */
  constructor(store) {
    super(/** @type {any} */ (store), /** @type {any} */ (NO_VERDICTS));
    this.data = store;
  }

  /** @override @param {Filter} wanted */
  find(wanted) {
    return applyDataFilter(this.data, wanted);
  }

  /** @override @param {Filter} filter @param {string|null} [at] */
  address(filter, at = null) {
    return toHash('browse', filter, at);
  }

  /** @override @param {number} row @returns {import('../browse.js').Badge[]} */
  badges(row) {
    const { data } = this;
    const { head } = data;
    const n = data.first[row + 1] - data.first[row];
    /** @type {import('../browse.js').Badge[]} */
    const badges = [['ok', head.splits[data.split[row]]]];
    if (data.category[row] >= 0) badges.push(['verdict', head.categories[data.category[row]]]);
    if (head.labels.length) badges.push(n ? ['ok', `${n} ${say('entities')}`] : ['none', say('no_entities')]);
    const flags = head.row_flags.filter((/** @type {string} */ _, /** @type {number} */ i) => data.flags[row] & (2 ** i));
    if (flags.length) badges.push(['bad', flags.map((/** @type {string} */ flag) => say(flag)).join(', ')]);
    if (data.odd[row]) badges.push(['warn', say('odd_any')]);
    return badges;
  }

  /** @override */
  drawDetail() {
    const { row, data } = this;
    if (row === null) {
      replace(this.detail, h('p.hint', {}, this.found.fault ? `${say('fault')}${this.found.fault}` : say('nothing')));
      return;
    }
    const meta = Object.entries(data.meta[row] ?? {}).map(([key, value]) => h('a.chip', { href: this.address({ meta: JSON.stringify([key, value]) }) }, `${key}: ${value}`));
    const title = h('h2', {}, `${this.at + 1} ${say('of')} ${this.found.rows.length} `, h('span.hint', {}, data.id[row]));
    replace(this.detail, title, dataDetail(data, row), meta.length > 0 && h('div.chips', {}, meta));
  }

  /** @override */
  drawStatus() {
    const { found } = this;
    const parts = [h('b', { id: 'n-rows' }, count(found.rows.length)), ` ${say('sentences')}`];
    if (found.asksUnits) parts.push(', ', h('b', { id: 'n-units' }, count(found.units)), ` ${say('entities')}`);
    replace(this.status, h('div', {}, parts), this.asked());
  }

  /** @override The conditions that hold, in words, each of which can be taken back. */
  asked() {
    const asked = Object.entries(this.filter).filter(([key]) => key !== 'in').map(([key, value]) => {
      const { [key]: _, ...rest } = this.filter;
      return h('a.chip.on', { href: this.address(rest) }, `${conditionName(key, value)} ×`);
    });
    return asked.length > 0 && h('div.chips', {}, asked, h('a.chip', { href: this.address({}) }, say('clear')));
  }

  /** @override */
  drawGroups() {
    replace(this.groups);
  }

  /** @override Conditions, each with the number of sentences that it would show, given the others. */
  makeFacets() {
    const { head } = this.data;
    const facet = (/** @type {string} */ key, /** @type {any[]} */ choices) => choices.length > 0 && h('fieldset', {}, h('legend', {}, say(key)), choices);
    const of = (/** @type {string} */ key, /** @type {string[]} */ values, /** @type {(value: string) => string} */ name) => values.map((value) => this.choice({ [key]: value }, name(value)));
    const splits = head.splits.length > 1 ? of('split', head.splits, (x) => x) : [];
    const labels = head.labels.map((/** @type {string} */ label, /** @type {number} */ i) => this.choice({ label }, label, i < 9 ? String(i + 1) : ''));
    const marks = head.labels.length ? of('mark', head.marks, (mark) => say(`mark_${mark}`)) : [];
    const sizes = head.labels.length ? ['0-0', '1-1', '2-3', '4-10', '11-'].map((n) => this.choice({ n }, conditionName('n', n))) : [];
    const twins = of('twin', ['exact:own', 'near:own', ...(head.splits.length > 1 ? ['exact:other', 'near:other'] : [])], twinName);
    const flags = of('flag', head.row_flags, (flag) => say(flag));
    const over = head.cutoffs.map((/** @type {any} */ x) => this.choice({ over: String(x.tokens) }, fill('over', { n: count(x.tokens) })));
    const odd = of('odd', [...this.oddKinds(), 'any'], (kind) => say(`odd_${kind}`));
    const audit = Object.keys(head.findings).length > 0 ? [this.choice({ audit: '1' }, say('only_audit'))] : [];
    replace(this.facets, this.search(), facet('split', splits), facet('label', labels), facet('category', of('cat', head.categories, (x) => x)), facet('repeats', [...twins, ...flags, ...audit]), facet('mark', marks), facet('sizes', [...sizes, ...over]), facet('odd', odd));
  }

  /** Those that occur. */
  oddKinds() {
    const all = this.data.odd.reduce((bits, odd) => bits | odd, 0);
    return this.data.head.odd_kinds.filter((/** @type {string} */ _, /** @type {number} */ bit) => all & (2 ** bit));
  }

  /** @override Lay out the first sentences for paper. */
  print(/** @type {number} */ limit) {
    const rows = [...this.found.rows.slice(0, limit)];
    replace(this.printed, h('h2', {}, `${say('printed')}: ${rows.length} ${say('of')} ${this.found.rows.length}`), rows.map((row) => h('article', {}, h('h3', {}, visible(this.data.id[row])), dataDetail(this.data, row))));
  }
}

/** A condition in words. */
function conditionName(/** @type {string} */ key, /** @type {string} */ value) {
  const range = value.replace(/-$/, '+').replace(/^(\d+)-\1$/, '$1').replace('-', '–');
  switch (key) {
    case 'mark': return say(`mark_${value}`);
    case 'odd': return say(`odd_${value}`);
    case 'flag': return say(value);
    case 'over': return fill('over', { n: value });
    case 'twin': return twinName(value);
    case 'n': return `${range} ${say('entities')}`;
    case 'len': return `${range} ${say('characters')}`;
    case 'elen': return `${say('dist_elen')}: ${range}`;
    case 'tok': return `${say('dist_tok')}: ${range}`;
    case 'cat': return `${say('category')}: ${value}`;
    case 'like': return `${say('similar_to')} ${value}`;
    case 'audit': return say('only_audit');
    default: return `${say(key)}: ${value}`;
  }
}

/** As `exact:own`, `near:train`. */
function twinName(/** @type {string} */ twin) {
  const [kind, where] = twin.split(':');
  if (where === 'own' || where === 'other') return say(`${kind === 'exact' ? 'dup' : 'near'}_${where}`);
  return `${say(kind)}: ${where}`;
}
