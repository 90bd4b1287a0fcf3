/** Sets of sentences or entities, a bit for each: conditions are cut with each other 32 at a time. */

/** @typedef {Uint32Array} Bits */

/** @param {number} n @returns {Bits} */
export const noBits = (n) => new Uint32Array((n + 31) >>> 5);

/** Those of `n` for which a test holds. @param {number} n @param {(i: number) => boolean} test @returns {Bits} */
export function bitsWhere(n, test) {
  const bits = noBits(n);
  for (let i = 0; i < n; i += 1) if (test(i)) bits[i >>> 5] |= 1 << (i & 31);
  return bits;
}

/** @param {number} n */
export function allBits(n) {
  const bits = noBits(n).fill(0xffffffff);
  if (n & 31) bits[bits.length - 1] = 2 ** (n & 31) - 1;
  return bits;
}

/** Keep in `bits` what is in `other` too. @param {Bits} bits @param {Bits} other */
export function intersect(bits, other) {
  for (let i = 0; i < bits.length; i += 1) bits[i] &= other[i];
}

/** @param {Bits} bits @param {number} i */
export const hasBit = (bits, i) => ((bits[i >>> 5] >>> (i & 31)) & 1) === 1;

/** @param {Bits} bits */
export function countBits(bits) {
  let n = 0;
  for (let i = 0; i < bits.length; i += 1) {
    let word = bits[i];
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    n += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }
  return n;
}

/** @param {Bits} bits @param {(i: number) => void} visit */
export function eachBit(bits, visit) {
  for (let i = 0; i < bits.length; i += 1) {
    for (let word = bits[i]; word; word &= word - 1) visit((i << 5) + 31 - Math.clz32(word & -word));
  }
}

/** The numbers of a set, in order. @param {Bits} bits */
export function listBits(bits) {
  const list = new Uint32Array(countBits(bits));
  let n = 0;
  eachBit(bits, (i) => { list[n] = i; n += 1; });
  return list;
}
