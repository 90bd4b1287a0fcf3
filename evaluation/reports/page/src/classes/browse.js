/** The texts of a classification: the browser of sentences, with one label for each. */
import { Browser } from '../browse.js';
import { h, replace, visible } from '../dom.js';
import { countPaired, mcnemar } from '../figures.js';
import { count } from '../numbers.js';
import { say } from '../words.js';
import { classDetail } from './detail.js';
import { nameOf } from './words.js';

export class ClassBrowser extends Browser {
  /** @override @param {number} row @returns {import('../browse.js').Badge[]} */
  badges(row) {
    const { head, a, b } = this.store;
    const label = (/** @type {import('../data.js').Side} */ side) => (side.unit.label[row] < 0 ? nameOf(head.outcomes[side.outcome[row]] ?? 'unparsable') : head.labels[side.unit.label[row]]);
    /** @type {import('../browse.js').Badge[]} */
    const badges = [['verdict', head.labels[a.unit.gold_label[row]]]];
    badges.push(a.exact[row] ? ['ok', say('right')] : ['bad', `→ ${label(a)}`]);
    if (b) badges.push(b.exact[row] ? ['ok', 'B ✓'] : ['bad', `B → ${label(b)}`]);
    return badges;
  }

  /** @override */
  drawDetail() {
    const { row, store } = this;
    if (row === null) {
      replace(this.detail, h('p.hint', {}, this.found.fault ? `${say('fault')}${this.found.fault}` : say('nothing')));
      return;
    }
    const meta = Object.entries(store.meta[row] ?? {}).map(([key, value]) => h('a.chip', { href: this.address({ meta: JSON.stringify([key, value]) }) }, `${key}: ${value}`));
    const title = h('h2', {}, `${this.at + 1} ${say('of')} ${this.found.rows.length} `, h('span.hint', {}, store.id[row]));
    replace(this.detail, title, classDetail(store, row), meta.length > 0 && h('div.chips', {}, meta));
  }

  /** @override */
  drawStatus() {
    const { store, found, filter } = this;
    const n = found.rows.length;
    const right = found.rows.reduce((sum, row) => sum + store.a.exact[row], 0);
    const parts = [h('b', { id: 'n-rows' }, count(n)), ` ${nameOf('texts')}`, h('span.hint', {}, `  ${nameOf('accuracy')} ${n ? (100 * right / n).toFixed(1) : '–'}`)];
    if (store.b) {
      const paired = countPaired(store, found.rows);
      parts.push(h('div.chips', {}, /** @type {const} */ (['both', 'none', 'a', 'b']).map((name) => h('a.chip', { href: this.address({ ...filter, ab: name }) }, `${nameOf(name)} ${count(paired[name])}`)), h('span.hint', {}, ` ${say('mcnemar')} `, h('b', { id: 'p-value' }, mcnemar(paired.a, paired.b).toPrecision(3)))));
    }
    replace(this.status, h('div', {}, parts), this.asked());
  }

  /** @override */
  drawGroups() {
    replace(this.groups);
  }

  /** @override */
  makeFacets() {
    const { head, a } = this.store;
    const facet = (/** @type {string} */ name, /** @type {any[]} */ choices) => h('fieldset', {}, h('legend', {}, nameOf(name)), choices);
    const labels = (/** @type {string} */ role, /** @type {boolean} */ hasKeys) => head.labels.map((/** @type {string} */ label, /** @type {number} */ i) => this.choice({ label, role }, label, hasKeys && i < 9 ? String(i + 1) : ''));
    const outcomes = head.outcomes.filter((/** @type {string} */ _, /** @type {number} */ i) => a.outcome.includes(i)).map((/** @type {string} */ outcome) => this.choice({ outcome }, nameOf(outcome)));
    const shown = [this.choice({ exact: '0' }, nameOf('wrong')), this.choice({ exact: '1' }, nameOf('right')), this.choice({ kind: 'label' }, nameOf('other_label')), this.choice({ kind: 'missed' }, nameOf('unread'))];
    replace(this.facets, this.search(), facet('all', shown), facet('errors_of', labels('err', true)), facet('gold_is', labels('gold', false)), facet('answer_is', labels('pred', false)), outcomes.length > 0 && facet('outcome', outcomes));
  }

  /** @override */
  places() {
    return ['text', 'answer', 'id'];
  }

  /** @override Lay out the first texts for paper. */
  print(/** @type {number} */ limit) {
    const rows = [...this.found.rows.slice(0, limit)];
    replace(this.printed, h('h2', {}, `${say('printed')}: ${rows.length} ${say('of')} ${this.found.rows.length}`), this.printedFilter(), rows.map((row) => h('article', {}, h('h3', {}, visible(this.store.id[row])), classDetail(this.store, row))));
  }
}
