import { z } from "zod";
import { defineReward, type RewardDefinition, type RewardExample } from "../define.ts";

const START = "### Image Description:";
const END = "### Rationales:";

/** What stands between the headings of the description and of the rationales; blank without them. */
export function describedPart(completion: string): string {
  const start = completion.indexOf(START);
  const end = completion.indexOf(END, start);
  return start < 0 || end < 0 ? "" : completion.slice(start + START.length, end).trim();
}

/** min(1, cosine / scale): a similarity of `scale` is as much as can be had; a negative one stays negative. */
export function scaledSimilarity(cosine: number, scale: number): number {
  return Math.min(1, cosine / scale);
}

/** Cosine of a description with what it should describe, in [-1, 1]. */
export type Similarity<Target> = (description: string, target: Target) => number | Promise<number>;

const Options = z.strictObject({ scale: z.number().gt(0).max(1).default(0.4).describe("the cosine that is worth 1") });

/** The reward with a similarity of your own, for example a text and image encoder's. */
export function descriptionWith<Target>(
  name: string,
  target: z.ZodType<Target>,
  similarity: Similarity<Target>,
  examples: readonly RewardExample[] = [],
): RewardDefinition<Target, z.infer<typeof Options>> {
  return defineReward({
    name,
    target,
    field: "attributes",
    options: Options,
    examples,
    async score(input) {
      const cosine = await similarity(describedPart(input.completion), input.target);
      return { score: scaledSimilarity(cosine, input.options.scale), metrics: { cosine } };
    },
  });
}

/** Cosine of the words of a text and of a list of words as sets: shared / sqrt(words * words). */
export function wordCosine(text: string, words: readonly string[]): number {
  const wordsOf = (value: string) => new Set(value.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
  const [given, wanted] = [wordsOf(text), wordsOf(words.join(" "))];
  const shared = [...wanted].filter((word) => given.has(word)).length;
  return shared === 0 ? 0 : shared / Math.sqrt(given.size * wanted.size);
}

/**
 * How well the description under `### Image Description:` fits the scene: min(1, cosine / scale), the cosine that of the words of the
 * description with the scene's attributes from the row, both as sets. A missing description is an empty one.
 * Target: list of words. Returns [0, 1]. Metrics: `cosine`. `descriptionWith` takes an encoder's similarity in its place, then [-1 / scale, 1].
 * Source: PeBR-R1 (arXiv:2509.13031), stage 1, scale 0.4; there the similarity is FG-CLIP's.
 */
export const descriptionSimilarity = descriptionWith(
  "description_similarity",
  z.array(z.string().regex(/[\p{L}\p{N}]/u, "expected a word")).min(1),
  wordCosine,
  [
    { completion: "### Image Description: a red circle\n### Rationales: r", target: ["red", "circle"], score: 1 },
    {
      completion: "### Image Description: a small red thing\n### Rationales: r",
      target: ["red", "circle"],
      score: 1 / Math.sqrt(4 * 2) / 0.4,
    },
  ],
);
