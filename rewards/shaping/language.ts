import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { TagName } from "./tags.ts";

export const SCRIPTS = [
  ...["Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Georgian", "Greek", "Gujarati", "Gurmukhi", "Han", "Hangul", "Hebrew"],
  ...["Hiragana", "Kannada", "Katakana", "Khmer", "Lao", "Latin", "Malayalam", "Myanmar", "Sinhala", "Tamil", "Telugu", "Thai", "Tibetan"],
] as const;

const Options = z.strictObject({
  scripts: z
    .array(z.enum(SCRIPTS))
    .min(1)
    .default(["Latin"])
    .describe("the scripts of the language; Japanese is Han, Hiragana and Katakana"),
  within: TagName.optional().describe("look at the last block of this tag alone"),
  threshold: z.number().gt(0).max(1).optional().describe("1 at this share and above, else 0"),
});

/**
 * The share of the letters that are of the expected scripts. Range [0, 1]; 0 where there are no letters, or no such block. Numbers, marks,
 * punctuation and formulas made of them count for nothing, so they neither help nor hurt. The target is not read.
 *
 * It tells scripts apart, not languages: French and English are both Latin.
 * Source: the language consistency reward of DeepSeek-R1 (arXiv:2501.12948), there the share of words of the target language; scripts by
 * Unicode's Script_Extensions (UAX #24), by which the mark of a long vowel is Hiragana and Katakana.
 */
export const language = defineReward({
  name: "language",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "the cat", score: 1 },
    { completion: "the кот", score: 1 / 2 },
  ],
  score({ completion, options: { scripts, within, threshold } }) {
    const share = scriptShare(within === undefined ? completion : (lastTag(completion, within) ?? ""), scripts);
    return threshold === undefined ? share : Number(share >= threshold);
  },
});

export function scriptShare(text: string, scripts: readonly (typeof SCRIPTS)[number][]): number {
  const expected = new RegExp(`[${scripts.map((script) => `\\p{Script_Extensions=${script}}`).join("")}]`, "u");
  let letters = 0;
  let ours = 0;
  for (const [letter] of text.matchAll(/\p{L}/gu)) {
    letters++;
    if (expected.test(letter)) ours++;
  }
  return letters === 0 ? 0 : ours / letters;
}
