/** Verdicts of a person on sentences: kept in the browser, downloaded as JSON Lines for `nerforge relabel`. */
import { characters, entityOf } from './data.js';

/**
 * @typedef {{label: string, text: string, start: number|null, end: number|null}} Mention
 * @typedef {object} Verdict
 * @property {'gold'|'model'|'ambiguous'|null} verdict
 * @property {Mention[]} [entities]
 * @property {{side: 'gold'|'pred', label: string, start: number|null, end: number|null}|null} error
 * @property {string} note
 */

export class Verdicts {
  /** @param {string} gold SHA-256 of the gold file, by which verdicts are kept. */
  constructor(gold) {
    this.key = `nerforge-verdicts-${gold}`;
    /** @type {Map<string, Verdict>} */
    this.all = new Map();
    this.isKept = true;
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? '[]');
      for (const [id, verdict] of kept) if (typeof id === 'string' && verdict) this.all.set(id, verdict);
    } catch {
      // Some browsers give pages of local files no storage: the page says so, and what is judged can be downloaded.
      this.isKept = false;
    }
  }

  /** @param {string} id */
  of(id) {
    return this.all.get(id)?.verdict ?? null;
  }

  /** @param {string} id @param {Verdict|null} verdict */
  set(id, verdict) {
    if (verdict === null) this.all.delete(id);
    else this.all.set(id, verdict);
    try {
      localStorage.setItem(this.key, JSON.stringify([...this.all]));
    } catch {
      this.isKept = false;
    }
  }

  /** @param {import('./data.js').Store} store */
  async lines(store) {
    const rows = new Map(store.id.map((id, row) => [id, row]));
    const lines = [];
    for (const [id, { verdict, entities, error, note }] of this.all) {
      const row = rows.get(id);
      if (row === undefined || verdict === null) continue;
      const line = { schema_version: 1, id, text_sha256: await sha256(store.text[row]), verdict };
      lines.push(JSON.stringify({ ...line, ...(verdict === 'gold' ? { entities: entities ?? [] } : {}), error: error ?? null, note: note ?? '' }));
    }
    return lines.map((line) => `${line}\n`).join('');
  }
}

/** SHA-256 of a text's UTF-8, hexadecimal. */
export async function sha256(/** @type {string} */ text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The entities of one side of a sentence, as a verdict writes them. */
export function mentionsOf(/** @type {import('./data.js').Store} */ store, /** @type {number} */ row, /** @type {boolean} */ isGold) {
  const { first } = store.a;
  /** @type {Mention[]} */
  const found = [];
  for (let u = first[row]; u < first[row + 1]; u += 1) {
    const entity = entityOf(store, store.a, u, isGold);
    if (!entity) continue;
    const hasPlace = entity.start >= 0;
    found.push({ label: entity.label, text: entity.text, start: hasPlace ? entity.start : null, end: hasPlace ? entity.end : null });
  }
  return inOrder(found);
}

/** The first error of a sentence, by which a verdict names what was looked at. */
export function errorOf(/** @type {import('./data.js').Store} */ store, /** @type {number} */ row) {
  const { first, unit } = store.a;
  for (let u = first[row]; u < first[row + 1]; u += 1) {
    if (unit.kind[u] === 0) continue;
    const isGold = unit.gold_label[u] >= 0;
    const entity = entityOf(store, store.a, u, isGold);
    if (!entity) continue;
    const hasPlace = entity.start >= 0;
    return { side: /** @type {'gold'|'pred'} */ (isGold ? 'gold' : 'pred'), label: entity.label, start: hasPlace ? entity.start : null, end: hasPlace ? entity.end : null };
  }
  return null;
}

/** Add a span of characters, unless it is there. */
export function addSpan(/** @type {Mention[]} */ spans, /** @type {string} */ text, /** @type {string} */ label, /** @type {number} */ start, /** @type {number} */ end) {
  if (start >= end || spans.some((span) => span.label === label && span.start === start && span.end === end)) return spans;
  return inOrder([...spans, { label, text: characters(text).slice(start, end).join(''), start, end }]);
}

/** Remove the spans that share a character with a range. */
export const removeSpans = (/** @type {Mention[]} */ spans, /** @type {number} */ start, /** @type {number} */ end) => spans.filter((span) => span.start === null || span.end === null || span.end <= start || span.start >= end);

function inOrder(/** @type {Mention[]} */ spans) {
  return [...spans].sort((a, b) => (a.start ?? Infinity) - (b.start ?? Infinity) || (b.end ?? 0) - (a.end ?? 0) || (a.label < b.label ? -1 : 1));
}

/** Hand a text to the user as a file. */
export function download(/** @type {string} */ name, /** @type {string} */ text) {
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}
