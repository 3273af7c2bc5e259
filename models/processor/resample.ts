/**
 * Pillow's resampling of 8-bit pictures, bit for bit.
 *
 * Checkpoints are trained and judged on pictures that Pillow resized, and other resizers differ by far more than one 8-bit level:
 * transformers.js interpolates between the four nearest pixels, which aliases when a picture shrinks, and does so on floats.
 * Source: Pillow's documentation of its filters; the fixed-point arithmetic follows from matching its output.
 */
import type { Picture } from "../../core/types.ts";

interface Kernel {
  /** beyond this distance, in source pixels when enlarging, the weight is 0 */
  support: number;
  weight(distance: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** The filters by the numbers that `resample` has in `preprocessor_config.json`. */
const kernels = {
  /** Lanczos with three lobes */
  1: { support: 3, weight: (x: number) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
  /** triangle */
  2: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  /** Catmull-Rom: Keys' cubic with a = -0.5 */
  3: {
    support: 2,
    weight: (distance: number) => {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
} satisfies Record<number, Kernel>;

export type Resample = keyof typeof kernels;

// Weights are whole multiples of 2^-22: a sum of 8-bit values times such weights stays within 32 bits.
const PRECISION = 22;

interface Taps {
  /** for every output position: the first source position, and `width` weights from there on, 0 behind the last used */
  first: Int32Array;
  weights: Int32Array;
  width: number;
}

/** Which source positions make up every output position along one axis, and with what weights. */
function tapsOf(from: number, to: number, { support, weight }: Kernel): Taps {
  const scale = from / to;
  // When shrinking, the filter widens to cover all the source pixels that fall into an output pixel.
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const width = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const weights = new Int32Array(to * width);
  for (let out = 0; out < to; out++) {
    const center = (out + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - reach + 0.5));
    const high = Math.min(from, Math.trunc(center + reach + 0.5));
    const row: number[] = [];
    for (let at = low; at < high; at++) row.push(weight((at - center + 0.5) / stretch));
    const total = row.reduce((sum, value) => sum + value, 0);
    first[out] = low;
    row.forEach((value, i) => {
      const share = (value / total) * 2 ** PRECISION;
      weights[out * width + i] = Math.trunc(share + (share < 0 ? -0.5 : 0.5));
    });
  }
  return { first, weights, width };
}

/** Resizes the middle axis of [outer, length, inner]; each axis is rounded to 8 bits on its own, as Pillow does. */
function resizeAxis(data: Uint8Array, outer: number, from: number, to: number, inner: number, kernel: Kernel): Uint8Array {
  const { first, weights, width } = tapsOf(from, to, kernel);
  const result = new Uint8Array(outer * to * inner);
  const half = 2 ** (PRECISION - 1);
  for (let o = 0; o < outer; o++) {
    for (let out = 0; out < to; out++) {
      const start = first[out]!;
      const count = Math.min(width, from - start);
      for (let i = 0; i < inner; i++) {
        let sum = half;
        let at = (o * from + start) * inner + i;
        for (let tap = 0; tap < count; tap++, at += inner) sum += data[at]! * weights[out * width + tap]!;
        const level = Math.max(0, sum >> PRECISION);
        result[(o * to + out) * inner + i] = Math.min(255, level);
      }
    }
  }
  return result;
}

export interface Size {
  width: number;
  height: number;
}

/** The picture at another size; the same object where it has that size already. */
export function resample(picture: Picture, width: number, height: number, filter: Resample): Picture {
  const kernel = kernels[filter];
  let { data } = picture;
  if (picture.width !== width) data = resizeAxis(data, picture.height, picture.width, width, 3, kernel);
  if (picture.height !== height) data = resizeAxis(data, 1, picture.height, height, width * 3, kernel);
  return data === picture.data ? picture : { width, height, data };
}
