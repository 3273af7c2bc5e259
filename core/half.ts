/**
 * The two 16-bit float formats of checkpoints, as raw bits in a Uint16Array, to and from float32.
 *
 * Widening is exact. Narrowing rounds to the nearest value, ties to the even one, as PyTorch does; what is too large becomes
 * infinite, NaN stays NaN. Both work on bits, so a NaN's payload survives widening and narrowing again: all 65536 patterns do.
 * Source: IEEE 754-2008 binary16 (1 sign, 5 exponent, 10 mantissa bits); bfloat16 is the upper half of a float32.
 */

/** binary16 to float32: writes `bits.length` values to `out` from `start` on. */
export function widenHalf(bits: Uint16Array, out: Float32Array, start = 0): void {
  const words = new Uint32Array(out.buffer, out.byteOffset + 4 * start, bits.length);
  const table = halfTable();
  for (let i = 0; i < bits.length; i++) words[i] = table[bits[i]!]!;
}

let table: Uint32Array | null = null;

/** The float32 word of every binary16 pattern: 256 KB, several times as fast as the arithmetic. */
function halfTable(): Uint32Array {
  table ??= Uint32Array.from({ length: 65536 }, (_, bits) => halfWord(bits));
  return table;
}

function halfWord(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent !== 0) return sign | ((exponent + 127 - 15) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // Subnormal: mantissa * 2^-24. Its highest bit becomes the leading 1 that float32 does not store.
  const highest = 31 - Math.clz32(mantissa);
  return sign | ((highest - 24 + 127) << 23) | ((mantissa << (23 - highest)) & 0x7fffff);
}

/** bfloat16 to float32: writes `bits.length` values to `out` from `start` on. */
export function widenBfloat16(bits: Uint16Array, out: Float32Array, start = 0): void {
  const words = new Uint32Array(out.buffer, out.byteOffset + 4 * start, bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
}

/** float32 to binary16. */
export function narrowToHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = halfBits(words[i]!);
  return out;
}

function halfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 0xff;
  const mantissa = word & 0x7fffff;
  // A NaN keeps the upper part of its payload; where that is blank a bit is set, or it would read as infinity.
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : mantissa >>> 13 || 0x200);
  const target = exponent - 127 + 15;
  if (target >= 0x1f) return sign | 0x7c00;
  // Normal: drop 13 bits. Subnormal: drop more of the mantissa with its leading 1, one for each power of two below 2^-14.
  if (target > 0) return sign | rounded((target << 23) | mantissa, 13);
  if (target < -10) return sign;
  return sign | rounded(0x800000 | mantissa, 14 - target);
}

/** `value` / 2^`dropped` to the nearest whole number, ties to even. A carry runs into the exponent, which is what it should do. */
function rounded(value: number, dropped: number): number {
  const kept = value >>> dropped;
  const rest = value & ((1 << dropped) - 1);
  const half = 1 << (dropped - 1);
  return rest > half || (rest === half && kept & 1) ? kept + 1 : kept;
}

/** float32 to bfloat16. */
export function narrowToBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const word = words[i]!;
    const notANumber = (word & 0x7fffffff) > 0x7f800000;
    out[i] = notANumber ? nanBits(word) : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
}

/** The upper half of a NaN, with a bit set where its payload is all in the lower one: it would read as infinity. */
function nanBits(word: number): number {
  return (word >>> 16) | (word & 0x7f0000 ? 0 : 0x40);
}
