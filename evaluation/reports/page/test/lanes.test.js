import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markValues } from '../src/detail.js';
import { visible } from '../src/dom.js';
import { layLanes } from '../src/lanes.js';
import { WORDS } from '../src/words.js';

const span = (start, end) => ({ start, end, number: 0, label: 'X', state: 'ok', title: '' });

test('no span of a lane lies over another, however they nest and cross', () => {
  let seed = 7;
  const next = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n; };
  for (let round = 0; round < 200; round += 1) {
    const spans = Array.from({ length: 1 + next(12) }, () => { const start = next(20); return span(start, start + 1 + next(8)); });
    const lanes = layLanes(spans);
    assert.equal(lanes.flat().length, spans.length);
    for (const lane of lanes) for (const one of lane) for (const other of lane) assert.ok(one === other || one.end <= other.start || other.end <= one.start);
  }
});

test('spans that touch share a lane', () => {
  assert.equal(layLanes([span(0, 2), span(2, 4)]).length, 1);
});

test('what cannot be seen is written out', () => {
  assert.equal(visible('a\u202eb\u0007c\u2028\ud800\u200b'), 'a⟨202E⟩b⟨0007⟩c⟨2028⟩⟨D800⟩⟨200B⟩');
  assert.equal(visible('张伟 in 山东\u3000𠮷'), '张伟 in 山东\u3000𠮷');
});

test('each value is marked at a place of its own', () => {
  const marks = markValues('北京, 北京大学, 北京', [{ text: '北京', state: 'a' }, { text: '北京', state: 'b' }, { text: '北京大学', state: 'c' }]);
  assert.deepEqual(marks.map(({ start, end, state }) => [start, end, state]), [[0, 2, 'a'], [4, 8, 'c'], [10, 12, 'b']]);
});

test('every word is there in both languages', () => {
  for (const [name, words] of Object.entries(WORDS)) assert.ok(words.length === 2 && words.every((word) => word), name);
});
