/** What a condition of the filter asks, in words. */
import { UNIT_KEYS } from './filter.js';
import { say, sayOf, saySlice } from './words.js';

/** @param {any} head @param {string} key @param {import('./filter.js').Filter} filter */
export function chipText(head, key, filter) {
  const value = filter[key];
  switch (key) {
    case 'pair': return pairText(value);
    case 'meta': return metaText(value);
    case 'slice': return saySlice(value);
    case 'crit': {
      const [name, role] = value.split(':');
      return `${sayOf('criterion', name)} ${say(role)}`;
    }
    case 'lost': return say('only_lost');
    case 'audit': return say('only_audit');
    case 'side': return value === 'b' && head.b ? `B ${head.b.name}` : value;
    case 'conf': return value === 'none' ? say('without') : value.replace(/(\.\d{3})\d+/g, '$1');
    default: return sayOf(key, value);
  }
}

/** What the second number of the status counts. */
export function countedWords(/** @type {any} */ head, /** @type {import('./filter.js').Filter} */ filter) {
  if (UNIT_KEYS.some((key) => filter[key] !== undefined)) return say('entities');
  const key = ['crit', 'problem', 'outcome'].find((name) => filter[name] !== undefined);
  return key === undefined ? say('entities') : `× ${chipText(head, key, filter)}`;
}

/** `["GPE",null]`: gold's label and the answer's; the address may hold anything. */
function pairText(/** @type {string} */ value) {
  const pair = parsed(value);
  return pair ? pair.map((name) => name ?? say('none')).join(' → ') : value;
}

function metaText(/** @type {string} */ value) {
  const pair = parsed(value);
  return pair ? pair.join(' = ') : value;
}

/** @returns {any[]|null} */
function parsed(/** @type {string} */ value) {
  try {
    const pair = JSON.parse(value);
    return Array.isArray(pair) ? pair : null;
  } catch {
    return null;
  }
}
