/** Starts the page: the summary at once, the sentences as soon as they are unpacked. */
import { Browser } from './browse.js';
import { drawAll } from './charts.js';
import { ClassBrowser } from './classes/browse.js';
import { classSummary } from './classes/summary.js';
import { makeStore, tighten, unpack } from './data.js';
import { askText, h, replace } from './dom.js';
import { SpanEditor } from './editor.js';
import { parseHash, toHash } from './filter.js';
import { applyPreferences, switchLanguage, toggleTheme } from './preferences.js';
import { summaryView } from './summary.js';
import { download, errorOf, mentionsOf, Verdicts } from './verdicts.js';
import { languageName, say, sayKeys } from './words.js';

const N_PRINTED = 100;
const head = JSON.parse(document.getElementById('head')?.textContent ?? '{}');
const app = /** @type {HTMLElement} */ (document.getElementById('app'));
const verdicts = new Verdicts(head.a.scores.settings.gold_sha256);
/** @type {import('./data.js').Store|null} */
let store = null;
/** @type {Browser|null} */
let browser = null;
/** Whether verdicts are given: they are about entities, and about texts that are there. */
const judges = !head.is_without_text && !head.is_of_classes;
const newBrowser = (/** @type {import('./data.js').Store} */ from) => new (head.is_of_classes ? ClassBrowser : Browser)(from, verdicts);
const help = h('dialog', { id: 'help', 'aria-labelledby': 'help-title' });

applyPreferences();

function toggleLanguage() {
  switchLanguage();
  browser = store && newBrowser(store);
  summaries.clear();
  wire();
  drawFrame();
  draw();
  document.getElementById('language')?.focus();
}

const view = h('div', { id: 'view' });
/** The summary of each system. @type {Map<string, Element>} */
const summaries = new Map();
/** What had the focus, and how far a view was scrolled, when it was left. @type {Map<Element, {focus: Element|null, top: number}>} */
const left = new Map();

/** What stays while views change: the title, the tabs and the tools. */
function drawFrame() {
  document.documentElement.lang = languageName();
  const tab = (/** @type {string} */ name) => h('a.tab', { href: toHash(name), data: { tab: name } }, say(name));
  const button = (/** @type {any} */ content, /** @type {() => void} */ act, /** @type {string} */ id, label = '') => h('button', { type: 'button', onclick: act, id, 'aria-label': label || null }, content);
  const skip = h('button.skip', { type: 'button', onclick: focusView }, say('skip'));
  const top = h('header', {}, h('h1', {}, head.title), h('nav', { 'aria-label': say('views') }, tab('summary'), tab('browse')),
    h('div.tools', {}, judges && button(verdictsWord(), save, 'save'), button(say('language'), toggleLanguage, 'language'), button(`◐ ${say('theme')}`, toggleTheme, 'theme'), button('?', showHelp, 'show-help', say('help'))));
  replace(app, skip, top, judges && !verdicts.isKept && h('p.notice.browsing', {}, say('not_kept')), view, help);
}

const verdictsWord = () => `${say('verdicts')} ${verdicts.all.size}`;

function draw() {
  const { view: name, filter, at } = parseHash(location.hash);
  const isOther = ![undefined, name].includes(document.body.dataset.view);
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll('.tab')) {
    const isOn = /** @type {HTMLElement} */ (tab).dataset.tab === name;
    tab.classList.toggle('on', isOn);
    if (isOn) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
  if (name !== 'browse') {
    const side = filter.side ?? '';
    const summary = summaries.get(side) ?? /** @type {Element} */ (head.is_of_classes ? classSummary(store, head) : summaryView(store, head, side));
    summaries.set(side, summary);
    show(summary, isOther);
  } else if (browser) {
    const isNew = view.firstChild !== browser.element;
    if (isNew) show(browser.element, false);
    browser.show(filter, at);
    if (isOther) focusView();
  } else replace(view, h('p.hint', {}, say('unpacking')));
}

/** Put a view in the place of the other; of one that was left before, the focus is where it was. */
function show(/** @type {Element} */ element, /** @type {boolean} */ takesFocus) {
  const before = view.firstElementChild;
  if (before === element) return;
  const hadFocus = before?.contains(document.activeElement) ?? false;
  if (before) left.set(before, { focus: hadFocus ? document.activeElement : null, top: scrollY });
  replace(view, element);
  const { focus, top } = left.get(element) ?? { focus: null, top: 0 };
  scrollTo(0, top);
  if (hadFocus || (takesFocus && document.activeElement === document.body)) /** @type {HTMLElement} */ (focus ?? element).focus({ preventScroll: true });
}

/** Where a reader goes on: the list of sentences, or the figures. */
function focusView() {
  const target = document.body.dataset.view === 'browse' ? browser?.list : view.firstElementChild;
  /** @type {HTMLElement|undefined} */ (target)?.focus({ preventScroll: true });
}

function showHelp() {
  replace(help, h('h2', { id: 'help-title' }, say('help')), h('table', {}, h('tbody', {}, sayKeys().map(([key, words]) => h('tr', {}, h('th', { scope: 'row' }, h('kbd', {}, key)), h('td', {}, words))))), h('button', { type: 'button', onclick: () => help.close() }, 'OK'));
  help.showModal();
}

async function save() {
  if (store && judges) download('verdicts.jsonl', await verdicts.lines(store));
}

/** Judge the sentence that is shown. */
function judge(/** @type {string} */ key) {
  const row = browser?.row;
  if (!browser || !store || row === null || row === undefined || !judges) return;
  const id = store.id[row];
  const kept = verdicts.all.get(id);
  const base = { error: kept?.error ?? errorOf(store, row), note: kept?.note ?? '' };
  if (key === 'g') {
    mend(row, kept?.entities ?? mentionsOf(store, row, true), base);
    return;
  }
  if (key === 'n') {
    askText(say('note'), base.note, (note) => {
      verdicts.set(id, { ...(kept ?? { verdict: 'ambiguous' }), ...base, note });
      refresh();
    });
    return;
  }
  if (key === 'x') verdicts.set(id, null);
  else verdicts.set(id, { verdict: key === 'm' ? 'model' : 'ambiguous', ...base });
  refresh();
}

function mend(/** @type {number} */ row, /** @type {import('./verdicts.js').Mention[]} */ spans, /** @type {any} */ base) {
  if (!browser || !store) return;
  const close = () => {
    if (browser) browser.editor = null;
    refresh();
    focusView();
  };
  browser.editor = new SpanEditor(store, row, spans, {
    save: (entities) => { verdicts.set(/** @type {any} */ (store).id[row], { verdict: 'gold', entities, ...base }); close(); },
    cancel: close,
  });
  browser.drawDetail();
}

function refresh() {
  browser?.redraw();
  const button = document.getElementById('save');
  if (button) button.textContent = verdictsWord();
}

function wire() {
  if (browser) browser.onverdict = judge;
}

/** Keys of the list of sentences. @type {Record<string, (shown: Browser) => void>} */
const BROWSING = {
  j: (shown) => shown.move(1),
  k: (shown) => shown.move(-1),
  Home: (shown) => shown.go(0),
  End: (shown) => shown.go(Infinity),
  u: (shown) => { shown.isGrouped = !shown.isGrouped; shown.drawGroups(); },
  g: () => judge('g'),
  m: () => judge('m'),
  a: () => judge('a'),
  n: () => judge('n'),
  x: () => judge('x'),
};
/** Keys of the list when it has the focus: elsewhere they scroll. @type {Record<string, (shown: Browser) => void>} */
const IN_LIST = {
  ArrowDown: (shown) => shown.move(1),
  ArrowUp: (shown) => shown.move(-1),
  PageDown: (shown) => shown.move(shown.page),
  PageUp: (shown) => shown.move(-shown.page),
};
/** Keys everywhere. @type {Record<string, () => void>} */
const ACTIONS = {
  s: () => { location.hash = toHash('summary'); },
  b: () => { location.hash = toHash('browse', browser?.filter); },
  e: toggleWrong,
  '/': () => {
    if (document.body.dataset.view !== 'browse') location.hash = toHash('browse', browser?.filter);
    // The view is there when its address has been heard.
    setTimeout(() => document.getElementById('search')?.focus());
  },
  t: toggleTheme,
  l: toggleLanguage,
  d: save,
  '?': showHelp,
};

/** @returns {(() => void)|null} What a key does here. */
function actionOf(/** @type {string} */ key, /** @type {Element} */ target) {
  const shown = browser;
  if (shown && document.body.dataset.view === 'browse') {
    if (target === shown.list && Object.hasOwn(IN_LIST, key)) return () => IN_LIST[key](shown);
    if (Object.hasOwn(BROWSING, key)) return () => BROWSING[key](shown);
  }
  if (/^[0-9]$/.test(key)) return () => chooseLabel(Number(key));
  return Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : null;
}

function pressed(/** @type {KeyboardEvent} */ event) {
  const target = /** @type {HTMLElement} */ (event.target);
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest('dialog')) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) {
    if (key === 'Escape') focusView();
    return;
  }
  if (key === ' ' && target.getAttribute('role') === 'button') {
    // A link that is a button is pressed by Space too.
    event.preventDefault();
    target.click();
    return;
  }
  if (browser?.editor && document.body.dataset.view === 'browse') {
    if (target.tagName === 'BUTTON' && (key === 'Enter' || key === ' ')) return;
    if (browser.editor.key(event)) event.preventDefault();
    return;
  }
  const act = actionOf(key, target);
  if (!act) return;
  event.preventDefault();
  act();
}

function toggleWrong() {
  const { exact, ...rest } = parseHash(location.hash).filter;
  location.hash = toHash('browse', exact === '0' ? rest : { ...rest, exact: '0' });
}

function chooseLabel(/** @type {number} */ digit) {
  const filter = { ...parseHash(location.hash).filter };
  delete filter.label;
  delete filter.role;
  const label = head.labels[digit - 1];
  location.hash = toHash('browse', digit && label !== undefined ? { ...filter, label, role: 'err' } : filter);
}

async function start() {
  drawFrame();
  draw();
  const packed = [...document.querySelectorAll('script.rows')];
  const chunks = [];
  for (const element of packed) {
    chunks.push(tighten(await unpack(element.textContent ?? ''), head.unit_fields));
    // The packed text is not needed again.
    element.remove();
  }
  store = makeStore(head, chunks);
  browser = newBrowser(store);
  wire();
  summaries.clear();
  draw();
  document.body.dataset.ready = 'true';
  const training = document.querySelector('script.training');
  if (!training) return;
  store.training = await unpack(training.textContent ?? '');
  training.remove();
  if (!browser?.editor) browser?.redraw();
  document.body.dataset.trained = 'true';
}

addEventListener('hashchange', draw);
addEventListener('keydown', pressed);
addEventListener('beforeprint', () => { drawAll(); if (document.body.dataset.view === 'browse') browser?.print(N_PRINTED); });
start();
