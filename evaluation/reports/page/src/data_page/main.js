/** Starts the page of a data set. */
import { drawAll } from '../charts.js';
import { unpack } from '../data.js';
import { h, replace } from '../dom.js';
import { applyPreferences, switchLanguage, toggleTheme } from '../preferences.js';
import { languageName, say } from '../words.js';
import { DataBrowser } from './browse.js';
import { parseHash, toHash } from './filter.js';
import { makeDataStore } from './store.js';
import { dataSummary } from './summary.js';
import { sayDataKeys } from './words.js';

const N_PRINTED = 100;
const head = JSON.parse(document.getElementById('head')?.textContent ?? '{}');
const app = /** @type {HTMLElement} */ (document.getElementById('app'));
const help = h('dialog', { id: 'help', 'aria-labelledby': 'help-title' });
const view = h('div', { id: 'view' });
/** How far each view was scrolled when it was left. */
const left = new WeakMap();
/** @type {import('./store.js').DataStore|null} */
let store = null;
/** @type {DataBrowser|null} */
let browser = null;
/** Drawn once a language: it does not depend on the address. @type {any} */
let summary = null;

applyPreferences();

/** What stays while views change: the title, the tabs and the tools. */
function drawFrame() {
  document.documentElement.lang = languageName();
  const tab = (/** @type {string} */ name) => h('a.tab', { href: toHash(name), data: { tab: name } }, say(name));
  const button = (/** @type {string} */ words, /** @type {() => void} */ act, /** @type {string} */ id, label = '') => h('button', { type: 'button', onclick: act, id, 'aria-label': label || null }, words);
  const top = h('header', {}, h('h1', {}, head.title), h('nav', { 'aria-label': say('views') }, tab('summary'), tab('browse')),
    h('div.tools', {}, button(say('language'), toggleLanguage, 'language'), button(`◐ ${say('theme')}`, toggleTheme, 'theme'), button('?', showHelp, 'show-help', say('help'))));
  replace(app, h('button.skip', { type: 'button', onclick: focusView }, say('skip')), top, view, help);
}

function draw() {
  const { view: name, filter, at } = parseHash(location.hash);
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll('.tab')) {
    const isOn = /** @type {HTMLElement} */ (tab).dataset.tab === name;
    tab.classList.toggle('on', isOn);
    if (isOn) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
  if (!store || !browser) {
    replace(view, h('p.hint', {}, say('unpacking')));
    return;
  }
  if (name !== 'browse') summary ??= dataSummary(store);
  const element = name === 'browse' ? browser.element : summary;
  const before = view.firstElementChild;
  if (before !== element) show(element);
  if (name === 'browse') browser.show(filter, at);
  if (before !== element && before?.tagName === 'MAIN') focusView();
}

/** Put a view in the place of the other, scrolled as it was left. */
function show(/** @type {Element} */ element) {
  if (view.firstElementChild) left.set(view.firstElementChild, scrollY);
  replace(view, element);
  scrollTo(0, left.get(element) ?? 0);
}

/** Where a reader goes on: the list of sentences, or the figures. */
function focusView() {
  const target = document.body.dataset.view === 'browse' ? browser?.list : view.firstElementChild;
  /** @type {HTMLElement|null|undefined} */ (target)?.focus({ preventScroll: true });
}

function toggleLanguage() {
  switchLanguage();
  summary = null;
  browser = store && new DataBrowser(store);
  drawFrame();
  draw();
}

function showHelp() {
  replace(help, h('h2', { id: 'help-title' }, say('help')), h('table', {}, h('tbody', {}, sayDataKeys().map(([key, words]) => h('tr', {}, h('th', {}, h('kbd', {}, key)), h('td', {}, words))))), h('button', { type: 'button', onclick: () => help.close() }, 'OK'));
  help.showModal();
}

/** @type {Record<string, () => void>} */
const ACTIONS = {
  j: () => browser?.move(1),
  k: () => browser?.move(-1),
  Home: () => browser?.go(0),
  End: () => browser?.go(Infinity),
  s: () => { location.hash = toHash('summary'); },
  b: () => { location.hash = toHash('browse'); },
  '/': () => document.getElementById('search')?.focus(),
  t: toggleTheme,
  l: toggleLanguage,
  '?': showHelp,
};

function pressed(/** @type {KeyboardEvent} */ event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  const isBrowsing = document.body.dataset.view === 'browse';
  if (/^[0-9]$/.test(event.key)) chooseLabel(Number(event.key));
  else if (/^(j|k|Home|End|\/)$/.test(event.key) && !isBrowsing) return;
  else if (ACTIONS[event.key]) ACTIONS[event.key]();
  else return;
  event.preventDefault();
}

function chooseLabel(/** @type {number} */ digit) {
  const { label: _, ...filter } = parseHash(location.hash).filter;
  const label = head.labels[digit - 1];
  location.hash = toHash('browse', digit && label !== undefined ? { ...filter, label } : filter);
}

async function start() {
  drawFrame();
  draw();
  const chunks = [];
  for (const element of [...document.querySelectorAll('script.rows')]) {
    chunks.push(await unpack(element.textContent ?? ''));
    // The packed text is not needed again.
    element.remove();
  }
  store = makeDataStore(head, chunks);
  browser = new DataBrowser(store);
  draw();
  document.body.dataset.ready = 'true';
}

addEventListener('hashchange', draw);
addEventListener('keydown', pressed);
addEventListener('beforeprint', () => { drawAll(); if (document.body.dataset.view === 'browse') browser?.print(N_PRINTED); });
start();
