import type { RopeConfig } from "./config/types.ts";

/**
 * Angles of rotary position embeddings as cos and sin [M, headDim / 2] row by row.
 *
 * Shapes: positions [axes][M] one after the other, axes 1 or 3 (time, height, width).
 *   angle(m, i) = position(m) * frequency(i), frequency(i) = theta^(-2i / headDim) stretched as `rope.type` says
 * With `rope.sections` each frequency follows one of three axes; given one axis all three are equal, as for text.
 * `dynamic`: a token at position p at or beyond the original context length uses the frequencies for length p + 1, which is what
 * decoding with a cache does, one token at a time. transformers' pass over a whole sequence gives all its tokens the frequencies of
 * the last one instead, so that a token's logprob depends on what follows it; here training and sampling agree.
 * Computed in float64. transformers computes in float32, where an angle is off by up to 8e-8 of the position: 7e-6 below position
 * 100, 7e-5 below 1000.
 * Source: RoFormer (arXiv:2104.09864), half-split as in Llama; YaRN (arXiv:2309.00071); Llama 3 (arXiv:2407.21783); sections:
 * Qwen2-VL (arXiv:2409.12191), interleaved as in Qwen3-VL (arXiv:2511.21631); the numbers as in transformers 5's modeling_rope_utils.py.
 */
export function rotaryAngles(
  rope: RopeConfig,
  headDim: number,
  positions: Int32Array,
  axes: 1 | 3,
): { cos: Float32Array; sin: Float32Array } {
  if (positions.length % axes !== 0) throw new Error(`${positions.length} positions are not ${axes} rows`);
  if (axes === 3 && rope.sections === null) throw new Error("three axes of positions need mrope sections");
  const half = headDim / 2;
  const count = positions.length / axes;
  const axis = axes === 1 ? new Uint8Array(half) : frequencyAxes(rope, half);
  const scale = rope.type === "yarn" ? rope.attentionFactor : 1;
  const cos = new Float32Array(count * half);
  const sin = new Float32Array(count * half);
  const shared = frequencies(rope, headDim, 0);
  for (let m = 0; m < count; m++) {
    let inverse = shared;
    if (rope.type === "dynamic") {
      let last = positions[m]!;
      for (let a = 1; a < axes; a++) last = Math.max(last, positions[a * count + m]!);
      if (last >= rope.originalContextLength) inverse = frequencies(rope, headDim, last + 1);
    }
    for (let i = 0; i < half; i++) {
      const angle = positions[axis[i]! * count + m]! * inverse[i]!;
      cos[m * half + i] = Math.cos(angle) * scale;
      sin[m * half + i] = Math.sin(angle) * scale;
    }
  }
  return { cos, sin };
}

/** Which of time, height and width (0, 1, 2) each frequency follows. */
function frequencyAxes({ sections, interleaved }: RopeConfig, half: number): Uint8Array {
  const [time, height, width] = sections!;
  if (!interleaved) return Uint8Array.from({ length: half }, (_, i) => (i < time ? 0 : i < time + height ? 1 : 2));
  const ends = [0, 3 * height, 3 * width]; // height and width take every third place up to here, time what is left
  return Uint8Array.from({ length: half }, (_, i) => (i < ends[i % 3]! ? i % 3 : 0));
}

/** Angle per position, [headDim / 2]; `length` counts only for `dynamic`. */
function frequencies(rope: RopeConfig, headDim: number, length: number): Float64Array {
  const plain = (theta: number) => Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim));
  switch (rope.type) {
    case "default":
      return plain(rope.theta);
    case "linear":
      return plain(rope.theta).map((f) => f / rope.factor);
    case "dynamic": {
      const { factor, originalContextLength: original } = rope;
      const stretch = (factor * Math.max(length, original)) / original - (factor - 1);
      return plain(rope.theta * stretch ** (headDim / (headDim - 2)));
    }
    case "llama3": {
      const { factor, lowFreqFactor: low, highFreqFactor: high, originalContextLength: original } = rope;
      return plain(rope.theta).map((f) => {
        const turns = (original * f) / (2 * Math.PI); // within the original context
        if (turns < low) return f / factor;
        if (turns > high) return f;
        const smooth = (turns - low) / (high - low);
        return ((1 - smooth) * f) / factor + smooth * f;
      });
    }
    case "yarn": {
      const { factor, originalContextLength: original, theta } = rope;
      // the frequency, as a real number, that makes so many turns within the original context
      const turning = (turns: number) => (headDim * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
      const [fast, slow] = [turning(rope.betaFast), turning(rope.betaSlow)];
      const low = Math.max(rope.truncate ? Math.floor(fast) : fast, 0);
      const high = Math.min(rope.truncate ? Math.ceil(slow) : slow, headDim - 1);
      const width = low === high ? 0.001 : high - low;
      return plain(theta).map((f, i) => {
        const ramp = Math.min(Math.max((i - low) / width, 0), 1);
        return (f / factor) * ramp + f * (1 - ramp);
      });
    }
  }
}
