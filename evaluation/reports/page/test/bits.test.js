import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allBits, bitsWhere, countBits, eachBit, hasBit, intersect, listBits, noBits } from '../src/bits.js';

const SIZES = [0, 1, 31, 32, 33, 63, 64, 1000];

test('a set has exactly what its test holds for, at every size', () => {
  for (const n of SIZES) {
    for (const by of [1, 2, 3, 31, 32, 1001]) {
      const bits = bitsWhere(n, (i) => i % by === 0);
      const wanted = Array.from({ length: n }, (_, i) => i).filter((i) => i % by === 0);
      assert.deepEqual([...listBits(bits)], wanted);
      assert.equal(countBits(bits), wanted.length);
      assert.ok(wanted.every((i) => hasBit(bits, i)));
    }
  }
});

test('all are as many as there are, and the last word has no more', () => {
  for (const n of SIZES) {
    assert.equal(countBits(allBits(n)), n);
    assert.deepEqual([...listBits(allBits(n))], Array.from({ length: n }, (_, i) => i));
    assert.equal(countBits(noBits(n)), 0);
  }
});

test('what is cut with another set is in both', () => {
  const bits = bitsWhere(200, (i) => i % 2 === 0);
  intersect(bits, bitsWhere(200, (i) => i % 3 === 0));
  const seen = [];
  eachBit(bits, (i) => seen.push(i));
  assert.deepEqual(seen, Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 6 === 0));
});
