import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { TagName } from "../shaping/tags.ts";
import { nGrams } from "../shaping/text.ts";
import { bagF1, longestCommon, rougeTokens, sharedF1 } from "../text/rouge.ts";
import { porterStem } from "./porter.ts";

/** Further words are not read: the longest common subsequence takes the product of the lengths. */
const LONGEST = 1000;

const Options = z.strictObject({
  measures: z
    .array(z.enum(["rouge_1", "rouge_2", "rouge_l"]))
    .min(1)
    .default(["rouge_1", "rouge_2", "rouge_l"])
    .describe("the score is their mean"),
  stem: z.boolean().default(true).describe("compare the stems of English words of more than 3 letters"),
  within: TagName.default("answer").describe("the last block of this tag is compared"),
});
type Options = z.infer<typeof Options>;

/**
 * Words and phrases that an answer shares with the reference: the mean of ROUGE-1, ROUGE-2 and ROUGE-L, each an F1. Range [0, 1]; 0 without an answer,
 * and where either has no words. Words are runs of a to z and 0 to 9 in lower case, so other scripts have none; the first 1000 count.
 *
 * Target: a text with a word in it. ROUGE-2 of one word is 0, as in the package.
 * Source: Lin 2004; Google's `rouge_score` with stemming, whose mean is Conan's reward of free answers (arXiv:2510.20470). Its stemmer is NLTK's, which
 * departs from Porter's for a few words.
 */
export const rouge = defineReward({
  name: "rouge",
  target: z.string().regex(/[A-Za-z0-9]/, "expected a text with a word in it"),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "<answer>The red door opens.</answer>", target: "the red door opens", score: 1 },
    { completion: "<answer>the red door</answer>", target: "the red door opens", score: (6 / 7 + 4 / 5 + 6 / 7) / 3 },
  ],
  score: ({ completion, target, options }) => rougeMean(lastTag(completion, options.within) ?? "", target, options),
});

export function rougeMean(given: string, wanted: string, { measures, stem }: Pick<Options, "measures" | "stem">): number {
  const [a, b] = [wordsOf(given, stem), wordsOf(wanted, stem)];
  return measures.reduce((sum, measure) => sum + MEASURES[measure](a, b), 0) / measures.length;
}

const MEASURES: Record<Options["measures"][number], (given: string[], wanted: string[]) => number> = {
  rouge_1: bagF1,
  rouge_2: (given, wanted) => bagF1(nGrams(given, 2), nGrams(wanted, 2)),
  rouge_l: (given, wanted) => sharedF1(longestCommon(given, wanted), given.length, wanted.length),
};

function wordsOf(text: string, stem: boolean): string[] {
  const words = rougeTokens(text).slice(0, LONGEST);
  return stem ? words.map((word) => (word.length > 3 && word.length <= 100 ? porterStem(word) : word)) : words;
}
