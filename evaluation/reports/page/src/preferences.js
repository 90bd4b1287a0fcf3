/** Theme and language, kept where the browser keeps anything for a page of a local file. */
import { languageName, setLanguage } from './words.js';

/** Preferences are a comfort: where the browser keeps none, the page works without. */
function recall(/** @type {string} */ name) {
  try {
    return localStorage.getItem(`nerforge-${name}`) ?? '';
  } catch {
    return '';
  }
}
function remember(/** @type {string} */ name, /** @type {string} */ value) {
  try {
    localStorage.setItem(`nerforge-${name}`, value);
  } catch {
    // As above.
  }
}

/** Begin in the language that the page was written for, else as left last, else the browser's. */
export function applyPreferences() {
  setLanguage(document.documentElement.dataset.language || recall('language') || navigator.language.slice(0, 2));
  setTheme(recall('theme'));
}

function setTheme(/** @type {string} */ theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}
export function toggleTheme() {
  const given = document.documentElement.dataset.theme;
  const isDark = given ? given === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  setTheme(isDark ? 'light' : 'dark');
  remember('theme', isDark ? 'light' : 'dark');
}
export function switchLanguage() {
  setLanguage(languageName() === 'en' ? 'zh' : 'en');
  remember('language', languageName());
}
