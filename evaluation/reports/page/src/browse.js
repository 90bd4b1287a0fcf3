/** The error browser: conditions, the list of sentences, and one sentence in full. */
import { detailView } from './detail.js';
import { h, keepFocus, replace, visible, setText } from './dom.js';
import { applyFilter, sideOf, toHash } from './filter.js';
import { countPaired, countStrict, groupSurfaces, mcnemar } from './figures.js';
import { count } from './numbers.js';
import { chipText, countedWords } from './chips.js';
import { say, sayOf, saySlice } from './words.js';

/** Pixels of a line of the list; report.css says the same. */
const ROW_HEIGHT = 46;
/** Lines that are drawn above and below what is seen. */
const MARGIN = 8;
/** Characters of a sentence in the list; more do not fit into a line. */
const N_SHOWN = 160;
const N_GROUPS = 300;
/** Milliseconds for which buttons are counted before the page may answer a key. */
const SLICE = 12;

/** @typedef {[string, string]} Badge Class and words. */

/** A line of the list, which shows one sentence after the other. */
class Line {
  /** @param {(i: number) => void} go */
  constructor(go) {
    this.i = -1;
    this.words = h('div.words', {});
    this.name = h('span.hint', {});
    /** @type {HTMLElement[]} */
    this.badges = [];
    this.under = h('div.badges', {}, this.name);
    this.element = h('a.line', { role: 'option', tabindex: '-1', onclick: (/** @type {Event} */ event) => { event.preventDefault(); go(this.i); } }, this.words, this.under);
  }

  /** @param {number} i @param {Record<string, string>} attributes @param {string} text @param {string} name @param {Badge[]} badges */
  fill(i, attributes, text, name, badges) {
    if (i !== this.i) this.element.style.top = `${i * ROW_HEIGHT}px`;
    this.i = i;
    for (const [key, value] of Object.entries(attributes)) if (this.element.getAttribute(key) !== value) this.element.setAttribute(key, value);
    this.element.classList.toggle('on', attributes['aria-selected'] === 'true');
    setText(this.words, text);
    setText(this.name, name);
    while (this.badges.length < badges.length) this.badges.push(h('span.badge', {}));
    badges.forEach(([kind, words], k) => {
      this.badges[k].className = `badge ${kind}`;
      setText(this.badges[k], words);
    });
    const shown = this.badges.slice(0, badges.length);
    if (this.under.childElementCount !== shown.length + 1) this.under.replaceChildren(this.name, ...shown);
  }
}

export class Browser {
  /** @param {import('./data.js').Store} store @param {import('./verdicts.js').Verdicts} verdicts */
  constructor(store, verdicts) {
    this.store = store;
    this.verdicts = verdicts;
    /** @type {import('./filter.js').Filter} */
    this.filter = {};
    /** @type {import('./filter.js').Found} */
    this.found = { rows: new Uint32Array(0), units: 0, asksUnits: false, fault: null };
    this.at = 0;
    /** Elements of the list. @type {Line[]} */
    this.lines = [];
    this.isGrouped = false;
    /** @type {{element: any, wanted: import('./filter.js').Filter, n: number|null}[]} */
    this.uncounted = [];
    /** @type {[any, import('./filter.js').Filter][]} Buttons that are there, with their conditions. */
    this.choices = [];
    /** @type {boolean|undefined} */
    this.hasConfidence = undefined;
    /** @type {Set<number>|undefined} Outcomes that occur. */
    this.outcomes = undefined;
    /** @type {import('./editor.js').SpanEditor|null} */
    this.editor = null;
    /** @type {any} */
    this.query = null;
    /** @type {any} */
    this.where = null;
    /** @type {any} */
    this.fault = null;
    this.list = h('div.list', { tabindex: '0', role: 'listbox', 'aria-label': say('sentences') });
    this.space = h('div.space', { role: 'presentation' });
    this.list.append(this.space);
    /** How far the list is scrolled, and how high it is: asking the page would make it lay itself out. */
    this.top = 0;
    this.height = 600;
    this.list.addEventListener('scroll', () => { this.top = this.list.scrollTop; this.drawList(); });
    new ResizeObserver(([{ contentRect }]) => { this.height = contentRect.height; this.drawList(); }).observe(this.list);
    this.detail = h('div.detail', { tabindex: '0', role: 'region', 'aria-label': say('sentence') });
    this.status = h('div.status', { role: 'status' });
    this.facets = h('form.facets', { onsubmit: (/** @type {Event} */ event) => event.preventDefault() });
    this.groups = h('div.groups', {});
    this.printed = h('div.printed', {});
    this.element = h('main.browse', { tabindex: '-1' }, this.facets, h('div.middle', {}, this.status, this.groups, this.list), this.detail, this.printed);
  }

  /** @param {import('./filter.js').Filter} filter @param {string|null} at */
  show(filter, at) {
    this.filter = filter;
    this.found = this.find(filter);
    const position = at === null ? -1 : this.found.rows.findIndex((row) => this.store.id[row] === at);
    this.at = Math.max(0, position);
    this.editor = null;
    this.draw();
  }

  /** @param {import('./filter.js').Filter} wanted */
  find(wanted) {
    return applyFilter(this.store, wanted, (id) => this.verdicts.of(id));
  }

  /** @param {import('./filter.js').Filter} filter @param {string|null} [at] */
  address(filter, at = null) {
    return toHash('browse', filter, at);
  }

  draw() {
    this.space.style.height = `${this.found.rows.length * ROW_HEIGHT}px`;
    this.reveal();
    this.drawList();
    keepFocus(this.detail, () => this.drawDetail(), this.list);
    keepFocus(this.status, () => this.drawStatus(), this.list);
    keepFocus(this.groups, () => this.drawGroups(), this.list);
    keepFocus(this.facets, () => this.drawFacets(), this.list);
  }

  /** Show what was judged: in the list, with the sentence, and in the numbers of the buttons. */
  redraw() {
    this.drawList();
    keepFocus(this.detail, () => this.drawDetail(), this.list);
    keepFocus(this.facets, () => this.drawFacets(), this.list);
  }

  /** Lines that the list shows at once. */
  get page() {
    return Math.max(1, Math.floor(this.height / ROW_HEIGHT) - 1);
  }

  get row() {
    return this.found.rows.length ? this.found.rows[this.at] : null;
  }

  /** @param {number} step */
  move(step) {
    this.go(this.at + step);
  }

  /** @param {number} at */
  go(at) {
    this.at = Math.min(Math.max(0, at), Math.max(0, this.found.rows.length - 1));
    this.editor = null;
    this.reveal();
    this.drawList();
    keepFocus(this.detail, () => this.drawDetail(), this.list);
    if (this.row !== null) history.replaceState(null, '', this.address(this.filter, this.store.id[this.row]));
  }

  reveal() {
    const top = this.at * ROW_HEIGHT;
    const last = Math.max(0, this.found.rows.length * ROW_HEIGHT - this.height);
    let wanted = Math.min(this.top, last);
    if (top < wanted) wanted = top;
    else if (top + ROW_HEIGHT > wanted + this.height) wanted = top + ROW_HEIGHT - this.height;
    if (wanted === this.top) return;
    this.top = wanted;
    this.list.scrollTop = wanted;
  }

  drawList() {
    const { rows } = this.found;
    const first = Math.max(0, Math.floor(this.top / ROW_HEIGHT) - MARGIN);
    const last = Math.min(rows.length, first + Math.ceil(this.height / ROW_HEIGHT) + 2 * MARGIN);
    // A long scroll would leave tens of thousands of elements behind, so each is used again for another sentence.
    while (this.lines.length < last - first) this.lines.push(new Line((i) => this.go(i)));
    const lines = this.lines.slice(0, last - first);
    lines.forEach((line, k) => this.fill(line, first + k));
    if (this.space.childElementCount !== lines.length) this.space.replaceChildren(...lines.map((line) => line.element));
    if (this.at < first || this.at >= last) this.list.removeAttribute('aria-activedescendant');
    else this.list.setAttribute('aria-activedescendant', `line-${this.at}`);
  }

  /** Let a line show the sentence at a place. @param {Line} line @param {number} i */
  fill(line, i) {
    const { store } = this;
    const row = this.found.rows[i];
    const verdict = this.verdicts.of(store.id[row]);
    line.fill(i, {
      href: this.address(this.filter, store.id[row]), id: `line-${i}`, 'aria-selected': String(i === this.at), 'aria-posinset': String(i + 1), 'aria-setsize': String(this.found.rows.length),
    }, (store.text[row] ?? store.hash[row] ?? '').slice(0, N_SHOWN), store.id[row], [...this.badges(row), ...(verdict ? [/** @type {Badge} */ (['verdict', sayOf('verdict', verdict)])] : [])]);
  }

  /** @param {number} row @returns {Badge[]} */
  badges(row) {
    const { head, b } = this.store;
    const side = sideOf(this.store, this.filter);
    const kinds = new Set();
    for (let u = side.first[row]; u < side.first[row + 1]; u += 1) if (side.unit.kind[u] !== 0) kinds.add(side.unit.kind[u]);
    const outcome = head.outcomes[side.outcome[row]];
    /** @type {Badge[]} */
    const badges = [...kinds].map((kind) => ['bad', sayOf('kind', head.kinds[kind])]);
    if (outcome && outcome !== 'clean' && outcome !== 'empty') badges.push(['warn', sayOf('outcome', outcome)]);
    if (side.exact[row]) badges.push(['ok', sayOf('kind', 'right')]);
    const other = side === b ? this.store.a : b;
    if (other) badges.push([other.exact[row] ? 'ok' : 'bad', `${side === b ? 'A' : 'B'} ${other.exact[row] ? '✓' : '✗'}`]);
    return badges;
  }

  drawDetail() {
    const { row, store } = this;
    if (row === null) {
      replace(this.detail, h('p.hint', {}, this.found.fault ? `${say('fault')}${this.found.fault}` : say('nothing')));
      return;
    }
    const kept = this.verdicts.all.get(store.id[row]);
    const judged = kept && h('p.judged', {}, `${say('verdict')}: ${sayOf('verdict', kept.verdict ?? 'none')}`, kept.note ? ` – ${kept.note}` : '', kept.verdict === 'gold' ? ` – ${(kept.entities ?? []).map((x) => `${x.label} ${x.text}`).join('; ')}` : '');
    const meta = Object.entries(store.meta[row] ?? {}).map(([key, value]) => h('a.chip', { href: this.address({ meta: JSON.stringify([key, value]) }) }, `${key}: ${value}`));
    const title = h('h2', {}, `${this.at + 1} ${say('of')} ${this.found.rows.length} `, h('span.hint', {}, store.id[row]));
    const buttons = store.head.is_without_text ? null : h('div.bar', {}, ['g', 'm', 'a', 'n'].map((key) => h('button', { type: 'button', data: { name: key }, onclick: () => this.onverdict(key) }, h('kbd', {}, key), ` ${key === 'n' ? say('note') : sayOf('verdict', { g: 'gold', m: 'model', a: 'ambiguous' }[key] ?? key)}`)));
    replace(this.detail, title, meta.length > 0 && h('div.chips', {}, meta), detailView(store, row, this.editor?.element), buttons, judged);
    this.editor?.element.focus();
  }

  /** @param {string} _key */
  onverdict(_key) {}

  drawStatus() {
    const { store, found, filter } = this;
    const counts = countStrict(sideOf(store, filter), found.rows);
    const parts = [h('b', { id: 'n-rows' }, count(found.rows.length)), ` ${say('sentences')}`];
    if (found.asksUnits) parts.push(say('comma'), h('b', { id: 'n-units' }, count(found.units)), ` ${countedWords(store.head, filter)}`);
    parts.push(h('span.hint', {}, `  P ${share(counts.tp, counts.predicted)} R ${share(counts.tp, counts.gold)} F1 ${(100 * counts.f1).toFixed(1)}`));
    if (store.b) {
      const paired = countPaired(store, found.rows);
      parts.push(h('div.chips', {}, /** @type {const} */ (['both', 'none', 'a', 'b']).map((name) => h('a.chip', { href: this.address({ ...filter, ab: name }) }, `${sayOf('ab', name)} ${count(paired[name])}`)), h('span.hint', {}, ` ${say('mcnemar')} `, h('b', { id: 'p-value' }, mcnemar(paired.a, paired.b).toPrecision(3)))));
    }
    replace(this.status, h('div', {}, parts), this.asked());
  }

  /** The conditions that hold, each of which can be taken back. */
  asked() {
    const asked = Object.keys(this.filter).filter((key) => key !== 'in').map((key) => {
      const rest = { ...this.filter };
      delete rest[key];
      return h('a.chip.on', { href: this.address(rest) }, `${conditionWord(key)}${say('colon')}${chipText(this.store.head, key, this.filter)} ×`);
    });
    return asked.length > 0 && h('div.chips', {}, asked, h('a.chip', { href: this.address({}) }, say('clear')));
  }

  drawGroups() {
    if (!this.isGrouped) {
      replace(this.groups);
      return;
    }
    const groups = groupSurfaces(this.store, this.found.rows, sideOf(this.store, this.filter));
    const rows = groups.slice(0, N_GROUPS).map((group) => h('tr', {},
      h('th', {}, h('a.num', { href: this.address({ ...this.filter, surface: group.surface, role: 'err' }) }, group.surface || '∅')),
      h('td', {}, this.groupLink(group, 'err', group.n)), h('td', {}, this.groupLink(group, 'fn', group.missed)), h('td', {}, this.groupLink(group, 'fp', group.spurious)), h('td', {}, `+${(100 * group.gain).toFixed(2)}`)));
    replace(this.groups, h('p.hint', {}, say('group_note'), ` (${Math.min(N_GROUPS, groups.length)} ${say('of')} ${groups.length})`), h('div.scroll', {}, h('table', {}, h('thead', {}, h('tr', {}, ['surface', 'errors', 'missed_n', 'spurious_n', 'gain'].map((word) => h('th', {}, say(word))))), h('tbody', {}, rows))));
  }

  /** @param {any} group @param {string} role @param {number} n */
  groupLink(group, role, n) {
    return n ? h('a.num', { href: this.address({ ...this.filter, surface: group.surface, role }) }, count(n)) : '0';
  }

  /** Conditions with the number of sentences each would show, given the others. */
  drawFacets() {
    this.uncounted = [];
    delete this.facets.dataset.counted;
    if (this.choices.length) {
      this.showSearch();
      for (const [element, condition] of this.choices) this.press(element, condition);
    } else this.makeFacets();
    this.countChoices();
  }

  /** Buttons are made once; what they lead to changes. */
  makeFacets() {
    const { head } = this.store;
    const facet = (/** @type {string} */ key, /** @type {any[]} */ choices) => h('fieldset', {}, h('legend', {}, sayOf('condition', key)), choices);
    const labels = head.labels.map((/** @type {string} */ label, /** @type {number} */ i) => this.choice({ label, role: 'err' }, label, i < 9 ? String(i + 1) : ''));
    const kinds = head.kinds.slice(1).map((/** @type {string} */ kind) => this.choice({ kind }, sayOf('kind', kind)));
    const shown = [this.choice({ exact: '0' }, sayOf('exact', '0')), this.choice({ exact: '1' }, sayOf('exact', '1')), this.choice({ lost: '1' }, say('only_lost')), Object.keys(head.findings).length > 0 && this.choice({ audit: '1' }, say('only_audit'))];
    const outcomes = this.outcomes ??= outcomesOf(this.store);
    const found = head.outcomes.filter((/** @type {string} */ _, /** @type {number} */ i) => outcomes.has(i)).map((/** @type {string} */ outcome) => this.choice({ outcome }, sayOf('outcome', outcome)));
    const problems = head.problems.map((/** @type {string} */ problem) => this.choice({ problem }, sayOf('problem', problem)));
    const slices = [...new Set([head.a, head.b].flatMap((one) => Object.keys(one?.scores.slices ?? {})))].map((slice) => this.choice({ slice, role: 'err' }, saySlice(slice)));
    const causes = head.causes.map((/** @type {string} */ cause) => this.choice({ cause }, sayOf('cause', cause)));
    this.hasConfidence ??= [this.store.a, this.store.b].some((one) => one?.unit.confidence.some((value) => value >= 0));
    const conf = ['0-0.5', '0.5-0.8', '0.8-0.95', '0.95-1'].map((range) => this.choice({ conf: range, role: 'pred' }, range));
    const verdicts = ['gold', 'model', 'ambiguous', 'none'].map((verdict) => this.choice({ verdict }, sayOf('verdict', verdict)));
    replace(this.facets, this.search(), head.b && facet('side', [this.choice({ side: 'b' }, `B: ${head.b.name}`)]), facet('all', shown), facet('label', labels), facet('kind', kinds), found.length > 0 && facet('outcome', found), problems.length > 0 && facet('problem', problems), causes.length > 0 && facet('cause', causes), this.hasConfidence && facet('conf', conf), !head.is_without_text && facet('verdicts', verdicts), facet('slice', slices));
  }

  search() {
    this.query = h('input', { type: 'search', id: 'search', placeholder: say('search'), 'aria-label': say('search'), spellcheck: 'false', data: { name: 'search' } });
    this.where = h('select', { 'aria-label': say('search_in'), data: { name: 'where' } }, this.places().map((name) => h('option', { value: name }, say(`in_${name}`))));
    const apply = () => { location.hash = this.address({ ...this.filter, q: this.query.value, in: this.where.value }); };
    this.query.addEventListener('change', apply);
    this.where.addEventListener('change', apply);
    this.fault = h('div.fault', { role: 'alert', id: 'search-fault' });
    this.showSearch();
    return h('div.search', {}, this.query, this.where, this.fault);
  }

  /** Where may be searched. */
  places() {
    return ['text', 'answer', 'entity', 'id'];
  }

  /** Show the search that the address holds, and what is wrong with it. */
  showSearch() {
    const { fault } = this.found;
    this.query.value = this.filter.q ?? '';
    this.where.value = this.filter.in ?? 'text';
    replace(this.fault, fault && `${say('fault')}${fault}`);
    if (fault) this.query.setAttribute('aria-invalid', 'true');
    else this.query.removeAttribute('aria-invalid');
  }

  /** @param {import('./filter.js').Filter} condition @param {string} name @param {string} [key] */
  choice(condition, name, key = '') {
    const element = h('a.choice', { role: 'button', data: { name: JSON.stringify(condition) } }, key && h('kbd', { 'aria-hidden': 'true' }, key), h('span', {}, name), h('span.n', {}, '…'));
    this.choices.push([element, condition]);
    this.press(element, condition);
    return element;
  }

  /** Say whether a condition holds, and where its button leads: to the sentences with it, or without it. @param {any} element @param {import('./filter.js').Filter} condition */
  press(element, condition) {
    const keys = Object.keys(condition);
    const isOn = keys.every((key) => this.filter[key] === condition[key]);
    const rest = { ...this.filter };
    for (const key of keys) delete rest[key];
    const wanted = isOn ? rest : { ...rest, ...condition };
    element.classList.toggle('on', isOn);
    element.setAttribute('href', this.address(wanted));
    element.setAttribute('aria-pressed', String(isOn));
    this.uncounted.push({ element, wanted, n: isOn ? this.found.rows.length : null });
  }

  /** Count what the buttons would show, a few milliseconds at a time: the sentences do not wait for it. */
  countChoices() {
    const mine = this.uncounted;
    const step = () => {
      const begin = performance.now();
      while (mine === this.uncounted && mine.length && performance.now() - begin < SLICE) {
        const { element, wanted, n: known } = /** @type {any} */ (mine.shift());
        const n = known ?? this.find(wanted).rows.length;
        element.dataset.n = String(n);
        if (element.lastChild.textContent !== count(n)) element.lastChild.textContent = count(n);
        element.classList.toggle('none', !n);
      }
      if (mine === this.uncounted && mine.length) setTimeout(step);
      else if (mine === this.uncounted) this.facets.dataset.counted = 'true';
    };
    setTimeout(step);
  }

  /** The conditions that hold, on paper. */
  printedFilter() {
    return [...this.status.querySelectorAll('.chip.on')].map((chip) => h('p', {}, (chip.textContent ?? '').replace(/ ×$/, '')));
  }

  /** Lay out the first sentences for paper. */
  print(/** @type {number} */ limit) {
    const rows = [...this.found.rows.slice(0, limit)];
    replace(this.printed, h('h2', {}, `${say('printed')}: ${rows.length} ${say('of')} ${this.found.rows.length}`), this.printedFilter(), rows.map((row) => h('article', {}, h('h3', {}, visible(this.store.id[row])), detailView(this.store, row))));
  }
}

/** Other pages have conditions of their own, whose names are among their words. */
function conditionWord(/** @type {string} */ key) {
  const word = sayOf('condition', key);
  return word === key ? say(key) : word;
}

function outcomesOf(/** @type {import('./data.js').Store} */ store) {
  const sides = store.b ? [store.a, store.b] : [store.a];
  return new Set(sides.flatMap((side) => [...side.outcome, ...[...side.pieces.values()].flat()]));
}

const share = (/** @type {number} */ n, /** @type {number} */ of) => (of ? (100 * n / of).toFixed(1) : '–');
