/** Starts the page: the summary at once, the sentences as soon as they are unpacked. */
import { Browser } from './browse.js';
import { drawAll } from './charts.js';
import { makeStore, unpack } from './data.js';
import { h, replace } from './dom.js';
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
const help = h('dialog', { id: 'help' });

applyPreferences();

function toggleLanguage() {
  switchLanguage();
  browser = store && new Browser(store, verdicts);
  wire();
  draw();
}

function draw() {
  document.documentElement.lang = languageName();
  const { view, filter, at } = parseHash(location.hash);
  const tab = (/** @type {string} */ name) => h(`a.tab${view === name ? '.on' : ''}`, { href: toHash(name) }, say(name));
  const button = (/** @type {any} */ content, /** @type {() => void} */ act, /** @type {string} */ id) => h('button', { type: 'button', onclick: act, id }, content);
  const top = h('header', {}, h('h1', {}, head.title), h('nav', {}, tab('summary'), tab('browse')),
    h('div.tools', {}, !head.is_without_text && button(`${say('verdicts')} ${verdicts.all.size}`, save, 'save'), button(say('language'), toggleLanguage, 'language'), button(`◐ ${say('theme')}`, toggleTheme, 'theme'), button('?', showHelp, 'show-help')));
  document.body.dataset.view = view;
  if (view === 'browse') {
    if (browser && store) {
      replace(app, top, !verdicts.isKept && h('p.notice', {}, say('not_kept')), browser.element, help);
      browser.show(filter, at);
      return;
    }
    replace(app, top, h('p.hint', {}, say('unpacking')), help);
    return;
  }
  replace(app, top, summaryView(store, head), help);
}

function showHelp() {
  replace(help, h('h2', {}, say('help')), h('table', {}, h('tbody', {}, sayKeys().map(([key, words]) => h('tr', {}, h('th', {}, h('kbd', {}, key)), h('td', {}, words))))), h('button', { type: 'button', onclick: () => help.close() }, 'OK'));
  help.showModal();
}

async function save() {
  if (store) download('verdicts.jsonl', await verdicts.lines(store));
}

/** Judge the sentence that is shown. */
function judge(/** @type {string} */ key) {
  const row = browser?.row;
  if (!browser || !store || row === null || row === undefined || head.is_without_text) return;
  const id = store.id[row];
  const kept = verdicts.all.get(id);
  const base = { error: kept?.error ?? errorOf(store, row), note: kept?.note ?? '' };
  if (key === 'g') {
    mend(row, kept?.entities ?? mentionsOf(store, row, true), base);
    return;
  }
  if (key === 'n') {
    const note = prompt(say('note'), base.note);
    if (note === null) return;
    verdicts.set(id, { ...(kept ?? { verdict: 'ambiguous' }), ...base, note });
  } else if (key === 'x') verdicts.set(id, null);
  else verdicts.set(id, { verdict: key === 'm' ? 'model' : 'ambiguous', ...base });
  refresh();
}

function mend(/** @type {number} */ row, /** @type {import('./verdicts.js').Mention[]} */ spans, /** @type {any} */ base) {
  if (!browser || !store) return;
  const close = () => { if (browser) browser.editor = null; refresh(); };
  browser.editor = new SpanEditor(store, row, spans, {
    save: (entities) => { verdicts.set(/** @type {any} */ (store).id[row], { verdict: 'gold', entities, ...base }); close(); },
    cancel: close,
  });
  browser.drawDetail();
}

function refresh() {
  browser?.drawList();
  browser?.drawDetail();
  const button = document.getElementById('save');
  if (button) button.textContent = `${say('verdicts')} ${verdicts.all.size}`;
}

function wire() {
  if (browser) browser.onverdict = judge;
}

/** @type {Record<string, () => void>} */
const ACTIONS = {
  j: () => browser?.move(1),
  k: () => browser?.move(-1),
  Home: () => browser?.go(0),
  End: () => browser?.go(Infinity),
  s: () => { location.hash = toHash('summary'); },
  b: () => { location.hash = toHash('browse'); },
  u: () => { if (browser) { browser.isGrouped = !browser.isGrouped; browser.drawGroups(); } },
  e: () => { if (browser) location.hash = toHash('browse', browser.filter.exact === '0' ? {} : { ...browser.filter, exact: '0' }); },
  '/': () => document.getElementById('search')?.focus(),
  t: toggleTheme,
  l: toggleLanguage,
  d: save,
  '?': showHelp,
};

function pressed(/** @type {KeyboardEvent} */ event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  if (browser?.editor && document.body.dataset.view === 'browse') {
    if (target.tagName === 'BUTTON' && (event.key === 'Enter' || event.key === ' ')) return;
    if (browser.editor.key(event)) event.preventDefault();
    return;
  }
  const isBrowsing = document.body.dataset.view === 'browse';
  if (isBrowsing && 'gmanx'.includes(event.key) && event.key.length === 1) judge(event.key);
  else if (/^[0-9]$/.test(event.key)) chooseLabel(Number(event.key));
  else if (ACTIONS[event.key]) ACTIONS[event.key]();
  else return;
  event.preventDefault();
}

function chooseLabel(/** @type {number} */ digit) {
  const filter = { ...parseHash(location.hash).filter };
  delete filter.label;
  delete filter.role;
  const label = head.labels[digit - 1];
  location.hash = toHash('browse', digit && label !== undefined ? { ...filter, label, role: 'err' } : filter);
}

async function start() {
  draw();
  const packed = [...document.querySelectorAll('script.rows')];
  const chunks = [];
  for (const element of packed) {
    chunks.push(await unpack(element.textContent ?? ''));
    // The packed text is not needed again.
    element.remove();
  }
  store = makeStore(head, chunks);
  browser = new Browser(store, verdicts);
  wire();
  draw();
  document.body.dataset.ready = 'true';
}

addEventListener('hashchange', draw);
addEventListener('keydown', pressed);
addEventListener('beforeprint', () => { drawAll(); if (document.body.dataset.view === 'browse') browser?.print(N_PRINTED); });
start();
