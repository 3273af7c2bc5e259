import { Random } from "../core/random.ts";
import type { Architecture } from "../engines/embedded/architecture.ts";
import type { EncodedPrompt, TrainRow } from "../engines/engine.ts";
import { sizeOf } from "../engines/graph/tensor.ts";

/** Random tokens, none of them a picture's placeholder. */
export function randomTokens(model: Architecture, count: number, random: Random): Int32Array {
  const placeholder = model.vision?.placeholderId ?? -1;
  return Int32Array.from({ length: count }, () => {
    const id = random.integer(3, model.vocab - 2);
    return id === placeholder ? model.vocab - 1 : id;
  });
}

/** What a picture of the bench is: one tile of that shape. */
const TILE = [3, 32, 32];

/** A prompt of random tokens, with the placeholders of its pictures after the first token and random pixels. */
export function randomPrompt(model: Architecture, length: number, tiles: number, random: Random): EncodedPrompt {
  const tokens = randomTokens(model, length, random);
  if (tiles === 0 || model.vision === null) return { tokens, pixels: null };
  const shape = [tiles, ...TILE];
  const data = Float32Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1);
  const pixels = { data, shape, grids: null };
  tokens.fill(model.vision.placeholderId, 1, 1 + model.vision.layout(pixels).features);
  return { tokens, pixels };
}

/** A row whose completions have the given tokens: the fields of every loss, each token weighted `weight`. */
export function trainRow(prompt: EncodedPrompt, completions: { tokens: Int32Array; logprobs: Float32Array }[], weight: number): TrainRow {
  return {
    prompt,
    completions: completions.map(({ tokens, logprobs }, i) => ({
      tokens,
      fields: {
        weights: new Float32Array(tokens.length).fill(weight),
        advantages: new Float32Array(tokens.length).fill(i % 2 === 0 ? 1 : -1),
        oldLogprobs: logprobs,
      },
    })),
  };
}

/** Rows of one short prompt and one long completion, trained at every position but the first. */
export function plainRows(model: Architecture, rows: number, length: number, tiles: number, promptLength: number): TrainRow[] {
  const random = new Random(rows);
  const weight = 1 / (rows * (length - promptLength));
  return Array.from({ length: rows }, () => {
    const prompt = randomPrompt(model, promptLength, tiles, random);
    const tokens = randomTokens(model, length - promptLength, random);
    return trainRow(prompt, [{ tokens, logprobs: new Float32Array(tokens.length) }], weight);
  });
}
