import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameTurns } from '../src/data_page/chat.js';
import { BINS, histogram, percentiles, shareTest, sum } from '../src/data_page/counts.js';
import { applyDataFilter, parseHash, toHash } from '../src/data_page/filter.js';
import { makeDataStore, turnsOf } from '../src/data_page/store.js';
import { DATA_WORDS } from '../src/data_page/words.js';

const frame = { name: 'x', system: '<s>{{content}}</s>', user: '<u>{{content}}</u>', assistant: '{{content}}</a>', default_system: 'be' };

test('a row is written as its template says, and only answers are learnt', () => {
  const written = frameTurns([['user', '一$&'], ['assistant', '二']], frame);
  assert.deepEqual(written, [{ text: '<s>be</s>', isLearnt: false }, { text: '<u>一$&</u>', isLearnt: false }, { text: '二</a>', isLearnt: true }]);
  assert.equal(frameTurns([['system', 'own'], ['user', '一']], frame)[0].text, '<s>own</s>');
});

test('every number falls into one bin', () => {
  for (const firsts of Object.values(BINS)) {
    const values = Array.from({ length: 6000 }, (_, i) => firsts[0] + i);
    const bins = histogram(firsts, 1, values.length, (i) => values[i], () => 0);
    assert.equal(sum(bins.map((bin) => bin.counts[0])), values.length);
    for (const bin of bins) {
      const [low, high] = bin.range.split('-');
      assert.equal(bin.counts[0], values.filter((x) => x >= Number(low) && x <= (high ? Number(high) : Infinity)).length, bin.name);
    }
  }
});

test('percentiles are those of the doctor', () => {
  const values = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
  assert.deepEqual(percentiles([50, 90, 91, 100], values), [5, 9, 10, 10]);
  assert.deepEqual(percentiles([50], []), [0]);
});

test('the test of two shares gives known p', () => {
  // z = 2.0 of 60/100 and 46/100: 1.98, two-sided 0.0474 by the normal distribution.
  assert.ok(Math.abs(shareTest(60, 100, 46, 100) - 0.0473) < 5e-4);
  assert.equal(shareTest(0, 5, 0, 7), 1);
  assert.ok(shareTest(50, 100, 50, 100) > 0.999);
});

const head = { splits: ['train', 'test'], labels: ['A'], categories: [], entity_fields: ['label', 'start', 'end', 'surface', 'marks'], marks: ['inferred', 'nested'], odd_kinds: ['tab'], row_flags: ['contradicted'], findings: {} };
const chunk = (id, text, split, entities, surfaces, extra = {}) => ({ id: [id], text: [text], hash: [], meta: [{}], length: [text.length], split: [split], category: [-1], n_entities: [entities.length / 5], entities, values: {}, odd: [0], group: [-1], exact: [0], near: [0], flags: [0], similar: {}, tokens: [3, 4], rows: [null], surfaces, pieces: [], ...extra });
const store = makeDataStore(head, [chunk('a', '王芳来', 0, [0, 0, 2, 0, 0, 0, -1, -1, 1, 1], ['王芳', '山东']), chunk('b', '王芳去', 1, [0, 0, 2, 0, 2], [], { rows: [[-1, 0, 1, '王芳']], pieces: ['标注：', '。'] })]);

test('conditions on an entity hold for one and the same', () => {
  const rows = (filter) => [...applyDataFilter(store, filter).rows];
  assert.deepEqual(rows({ label: 'A', mark: 'nested' }), [1]);
  assert.deepEqual(rows({ surface: '王芳', mark: 'inferred' }), []);
  assert.deepEqual(rows({ split: 'train', elen: '2-2' }), [0]);
  assert.equal(applyDataFilter(store, { mark: 'any' }).units, 3);
  assert.match(applyDataFilter(store, { q: '(' }).fault, /./);
});

test('a filter stands in the address and is read from it', () => {
  const filter = { label: 'A&b', mark: 'nested', q: '王.', in: 'text' };
  assert.deepEqual(parseHash(toHash('browse', filter, 'x')), { view: 'browse', filter, at: 'x' });
});

test('a packed row is the turns of the file', () => {
  assert.deepEqual(turnsOf(store, 1), [['user', '标注：王芳去。'], ['assistant', '王芳']]);
  assert.equal(turnsOf(store, 0), null);
});

test('every word of the data page is there in both languages', () => {
  for (const [name, words] of Object.entries(DATA_WORDS)) assert.ok(words.length === 2 && words.every((word) => word), name);
});
