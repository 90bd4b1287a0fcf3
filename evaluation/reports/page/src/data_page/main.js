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
const help = h('dialog', { id: 'help' });
/** @type {import('./store.js').DataStore|null} */
let store = null;
/** @type {DataBrowser|null} */
let browser = null;
/** Drawn once a language: it does not depend on the address. @type {any} */
let summary = null;

applyPreferences();

function draw() {
  document.documentElement.lang = languageName();
  const { view, filter, at } = parseHash(location.hash);
  document.body.dataset.view = view;
  const tab = (/** @type {string} */ name) => h(`a.tab${view === name ? '.on' : ''}`, { href: toHash(name) }, say(name));
  const button = (/** @type {string} */ words, /** @type {() => void} */ act, /** @type {string} */ id) => h('button', { type: 'button', onclick: act, id }, words);
  const top = h('header', {}, h('h1', {}, head.title), h('nav', {}, tab('summary'), tab('browse')),
    h('div.tools', {}, button(say('language'), toggleLanguage, 'language'), button(`◐ ${say('theme')}`, toggleTheme, 'theme'), button('?', showHelp, 'show-help')));
  if (!store || !browser) {
    replace(app, top, h('p.hint', {}, say('unpacking')), help);
  } else if (view === 'browse') {
    replace(app, top, browser.element, help);
    browser.show(filter, at);
  } else {
    summary ??= dataSummary(store);
    replace(app, top, summary, help);
  }
}

function toggleLanguage() {
  switchLanguage();
  summary = null;
  browser = store && new DataBrowser(store);
  draw();
}

function showHelp() {
  replace(help, h('h2', {}, say('help')), h('table', {}, h('tbody', {}, sayDataKeys().map(([key, words]) => h('tr', {}, h('th', {}, h('kbd', {}, key)), h('td', {}, words))))), h('button', { type: 'button', onclick: () => help.close() }, 'OK'));
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
