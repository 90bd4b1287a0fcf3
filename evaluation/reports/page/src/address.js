/** What is shown, in the URL's hash: `#/browse?label=GPE&at=row-7`. */

/** @typedef {Record<string, string>} Filter Condition by name; what is not there is not asked. */

/** @param {string} hash @param {readonly string[]} keys Names of conditions. @returns {{view: string, filter: Filter, at: string|null}} */
export function parseAddress(hash, keys) {
  const [view, query] = hash.replace(/^#\/?/, '').split('?');
  const given = new URLSearchParams(query ?? '');
  /** @type {Filter} */
  const filter = {};
  for (const key of keys) {
    const value = given.get(key);
    if (value !== null) filter[key] = value;
  }
  return { view: view === 'browse' ? 'browse' : 'summary', filter, at: given.get('at') };
}

/** @param {string} view @param {Filter} filter @param {string|null} at @param {readonly string[]} keys */
export function writeAddress(view, filter, at, keys) {
  const query = new URLSearchParams();
  for (const key of keys) if (filter[key] !== undefined && filter[key] !== '') query.set(key, filter[key]);
  if (at !== null) query.set('at', at);
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ''}`;
}
