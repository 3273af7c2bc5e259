/** A grey picture of ink on nothing: row-major, one byte a pixel, 0 is none and 255 full. */
export interface Glyph {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Ink fainter than this is not seen on a black ground, so that a box around it would look loose. */
export const VISIBLE = 32;

/** Drops ink fainter than VISIBLE and crops to what is left: every side of the result touches ink. Throws where nothing is left. */
export function trimGlyph({ width, height, data }: Glyph): Glyph {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x]! < VISIBLE) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (top === height) top = y;
      bottom = y;
    }
  }
  if (right < 0) throw new Error(`no visible ink in ${width}x${height} pixels`);
  const out = new Uint8Array((right - left + 1) * (bottom - top + 1));
  let at = 0;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++, at++) {
      const ink = data[y * width + x]!;
      if (ink >= VISIBLE) out[at] = ink;
    }
  }
  return { width: right - left + 1, height: bottom - top + 1, data: out };
}

/** Scaled so that the longer side becomes `size` pixels, keeping the aspect, and trimmed again: no side is longer than `size`. */
export function scaleGlyph(glyph: Glyph, size: number): Glyph {
  const scale = size / Math.max(glyph.width, glyph.height);
  const width = Math.max(1, Math.round(glyph.width * scale));
  const height = Math.max(1, Math.round(glyph.height * scale));
  return trimGlyph(resample(glyph, width, height));
}

/** Resampled one axis after the other: the mean over the covered area where it shrinks, linear between pixel centres where it grows. */
export function resample(glyph: Glyph, width: number, height: number): Glyph {
  const across = axisWeights(glyph.width, width);
  const rows = new Float64Array(width * glyph.height);
  for (let y = 0; y < glyph.height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < across.taps; tap++) {
        const weight = across.weights[x * across.taps + tap]!;
        if (weight !== 0) sum += weight * glyph.data[y * glyph.width + across.first[x]! + tap]!;
      }
      rows[y * width + x] = sum;
    }
  }
  const down = axisWeights(glyph.height, height);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < down.taps; tap++) {
        const weight = down.weights[y * down.taps + tap]!;
        if (weight !== 0) sum += weight * rows[(down.first[y]! + tap) * width + x]!;
      }
      data[y * width + x] = Math.round(sum);
    }
  }
  return { width, height, data };
}

interface AxisWeights {
  /** first input pixel of each output pixel */
  first: Int32Array;
  /** [output * taps], each output pixel's weights sum to 1; a weight past the last input pixel is 0 */
  weights: Float64Array;
  taps: number;
}

function axisWeights(input: number, output: number): AxisWeights {
  const step = input / output;
  const taps = step > 1 ? Math.ceil(step) + 1 : 2;
  const first = new Int32Array(output);
  const weights = new Float64Array(output * taps);
  for (let o = 0; o < output; o++) {
    if (step > 1) {
      const [low, high] = [o * step, Math.min((o + 1) * step, input)];
      first[o] = Math.floor(low);
      for (let tap = 0; tap < taps; tap++) {
        const pixel = first[o]! + tap;
        weights[o * taps + tap] = Math.max(0, Math.min(pixel + 1, high) - Math.max(pixel, low)) / (high - low);
      }
    } else {
      const centre = Math.min(Math.max((o + 0.5) * step - 0.5, 0), input - 1);
      first[o] = Math.floor(centre);
      weights[o * taps + 1] = centre - first[o]!;
      weights[o * taps] = 1 - weights[o * taps + 1]!;
    }
  }
  return { first, weights, taps };
}
