import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeStore, surfaceOf } from '../src/data.js';
import { applyFilter, criterionColumns, parseHash, toHash } from '../src/filter.js';
import { countPaired, countStrict, groupSurfaces, mcnemar } from '../src/figures.js';
import { addSpan, errorOf, mentionsOf, removeSpans, sha256 } from '../src/verdicts.js';

const FIELDS = ['kind', 'gold_label', 'gold_start', 'gold_end', 'gold_slices', 'label', 'start', 'end', 'slices', 'confidence', 'cause'];
const KINDS = ['right', 'missed', 'spurious', 'label', 'boundary', 'label_and_boundary', 'value'];

/** Three sentences: 王芳 right; 李明 missed and 济南 with another label; 火星 nowhere, behind an emoji. */
function store() {
  const head = {
    confidence_unit: 1e6, has_training: false, labels: ['PER', 'GPE', 'ORG'], kinds: KINDS, unit_fields: FIELDS, outcomes: ['clean', 'repaired', 'missing'], problems: ['not_in_text'], causes: ['unseen'],
    slice_sets: [['sentence:1-20'], ['kind:extracted', 'length:2-3'], ['kind:not_in_text']], criteria: { text: { tp: [1, 1.5], n_gold: [], n_predicted: [] } }, findings: {}, b: {},
    a: { scores: { settings: { training: null } } },
  };
  const a = {
    output: ['x', null, 'z'], outcome: [0, 2, 1], exact: [1, 0, 0], problems: [[], [], [[0, '火星']]], n_units: [1, 2, 2],
    units: [
      0, 0, 0, 2, 1, 0, 0, 2, 1, 900000, -1,
      1, 0, 0, 2, 1, -1, -1, -1, -1, -1, 0,
      3, 1, 3, 5, 1, 2, 3, 5, 1, 400000, -1,
      0, 0, 1, 3, 1, 0, 1, 3, 1, 990000, -1,
      2, -1, -1, -1, -1, 1, -1, -1, 2, 100000, -1,
    ],
    values: { 4: [null, '火星'] }, why: { 1: [['not_in_answer'], null] }, pieces: {}, grounding: {},
  };
  const b = { ...a, exact: [0, 1, 0] };
  return makeStore(head, [{ id: ['1', '2', '3'], text: ['王芳到', '李明在济南', '😀赵敏'], hash: [], meta: [{}, { source: 'web' }, {}], slices: [0, 0, 0], a, b }]);
}
const rows = (filter) => [...applyFilter(store(), filter).rows];

test('each condition leaves exactly its sentences', () => {
  for (const [filter, expected] of [
    [{}, [0, 1, 2]], [{ exact: '0' }, [1, 2]], [{ kind: 'label' }, [1]], [{ label: 'GPE' }, [1, 2]], [{ label: 'GPE', role: 'gold' }, [1]],
    [{ label: 'GPE', role: 'pred' }, [2]], [{ role: 'fp' }, [1, 2]], [{ pair: '["GPE","ORG"]' }, [1]], [{ pair: '[null,"GPE"]' }, [2]], [{ pair: '["PER",null]' }, [1]],
    [{ slice: 'kind:not_in_text', role: 'pred' }, [2]], [{ slice: 'sentence:1-20', role: 'tp' }, [0, 2]], [{ outcome: 'missing' }, [1]], [{ problem: 'not_in_text' }, [2]],
    [{ conf: '0-0.5', role: 'pred' }, [1, 2]], [{ conf: 'none' }, [1]], [{ side: 'b', exact: '1' }, [1]], [{ side: 'b', kind: 'spurious' }, [2]], [{ meta: '["source","web"]' }, [1]], [{ q: '^李.在' }, [1]], [{ q: '火', in: 'entity' }, [2]], [{ ab: 'a' }, [0]], [{ ab: 'b' }, [1]],
    [{ ab: 'none' }, [2]], [{ surface: '李明' }, [1]], [{ cause: 'unseen' }, [1]], [{ crit: 'text:precision' }, [2]], [{ lost: '1' }, [1, 2]], [{ label: 'ORG', kind: 'missed' }, []],
  ]) assert.deepEqual(rows(filter), expected, JSON.stringify(filter));
});

test('conditions on entities are of one and the same entity', () => {
  assert.equal(applyFilter(store(), { role: 'tp' }).units, 2);
  assert.deepEqual(rows({ label: 'PER', kind: 'label' }), []);
});

test('a search that is no regular expression is told, and shows nothing', () => {
  const found = applyFilter(store(), { q: '(' });
  assert.equal(found.rows.length, 0);
  assert.match(found.fault, /regular expression/i);
});

test('the state in the hash is read back', () => {
  const filter = { label: '<img src=x>', q: 'a&b=#?\u202e', pair: '["A",null]' };
  assert.deepEqual(parseHash(toHash('browse', filter, 'id 1')), { view: 'browse', filter, at: 'id 1' });
  assert.deepEqual(parseHash('#javascript:alert(1)'), { view: 'summary', filter: {}, at: null });
});

test('counts and figures are those of the units', () => {
  assert.deepEqual(countStrict(store().a, [0, 1, 2]), { tp: 2, gold: 4, predicted: 4, f1: 0.5 });
  assert.deepEqual(countPaired(store(), [0, 1, 2]), { both: 0, none: 1, a: 1, b: 1 });
  assert.equal(criterionColumns(store(), 'text').tp[1], 1.5);
});

test('offsets count code points', () => {
  assert.equal(surfaceOf(store(), store().a, 3), '赵敏');
});

test('the exact McNemar test is the two-sided binomial test', () => {
  // scipy.stats.binomtest(k, n).pvalue
  for (const [a, b, p] of [[0, 0, 1], [1, 9, 0.021484375], [5, 5, 1], [3, 17, 0.0025768280029296875], [200, 260, 0.0058839224731039984], [2000, 2001, 1]]) {
    assert.ok(Math.abs(mcnemar(a, b) - p) < 1e-9, `${a} ${b} ${mcnemar(a, b)}`);
  }
});

test('the gain of a surface is what F1 would be without its errors', () => {
  const found = Object.fromEntries(groupSurfaces(store(), [0, 1, 2]).map((group) => [group.surface, group.gain]));
  // 火星 gone: 2 of 4 gold and 3 predicted. 李明 found: 3 of 4 and 5. 济南 mended: 3 of 4 and 4.
  assert.ok(Math.abs(found['火星'] - (4 / 7 - 0.5)) < 1e-12);
  assert.ok(Math.abs(found['李明'] - (6 / 9 - 0.5)) < 1e-12);
  assert.ok(Math.abs(found['济南'] - (6 / 8 - 0.5)) < 1e-12);
});

test('spans are mended by code points, in order and once', () => {
  const begun = mentionsOf(store(), 2, true);
  assert.deepEqual(begun, [{ label: 'PER', text: '赵敏', start: 1, end: 3 }]);
  const more = addSpan(begun, '😀赵敏', 'GPE', 0, 1);
  assert.deepEqual(more.map((span) => span.text), ['😀', '赵敏']);
  assert.equal(addSpan(more, '😀赵敏', 'GPE', 0, 1).length, 2);
  assert.deepEqual(removeSpans(more, 2, 3).map((span) => span.label), ['GPE']);
});

test('the error of a verdict is the first of the sentence', () => {
  assert.deepEqual(errorOf(store(), 1), { side: 'gold', label: 'PER', start: 0, end: 2 });
  assert.deepEqual(errorOf(store(), 2), { side: 'pred', label: 'GPE', start: null, end: null });
});

test('a text is hashed as UTF-8', async () => {
  assert.equal(await sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
