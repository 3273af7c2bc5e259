/**
 * The two 16-bit float formats of checkpoints, as raw bits in a Uint16Array, to and from float32.
 *
 * Widening is exact. Narrowing rounds to the nearest value, ties to the even one, as PyTorch does; what is too large becomes
 * infinite, NaN stays NaN.
 * Source: IEEE 754-2008 binary16 (1 sign, 5 exponent, 10 mantissa bits); bfloat16 is the upper half of a float32.
 */

/** binary16 to float32: writes `bits.length` values to `out` from `start` on. */
export function widenHalf(bits: Uint16Array, out: Float32Array, start = 0): void {
  for (let i = 0; i < bits.length; i++) out[start + i] = halfValue(bits[i]!);
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
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
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200 | (mantissa >>> 13));
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
    out[i] = notANumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
}
