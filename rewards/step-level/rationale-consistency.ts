import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag, plainNumber } from "../parse.ts";
import { TagName } from "../shaping/tags.ts";
import { sameText } from "../shaping/text.ts";
import { lastNumber } from "./compare.ts";

const Options = z.strictObject({
  conclusion: z
    .enum(["number", "letter", "phrase"])
    .default("number")
    .describe("what the rationale concludes with: its last number; its last option letter; what follows its last `answer is`"),
  letters: z
    .string()
    .regex(/^[A-Z]{2,26}$/, "expected capital letters")
    .default("ABCDEFGH")
    .describe("letter: the options there are"),
  think: TagName.default("think").describe("the tag of the thought"),
  answer: TagName.default("answer").describe("the tag of the answer"),
});
type Options = z.infer<typeof Options>;

/**
 * Whether the answer is what the rationale concludes, right or wrong: 1 or 0; 0 where either is missing or concludes nothing. The target is not
 * read, so on its own it pays for agreeing with oneself: gate it by the outcome.
 *
 * Both are read in the last block of their tag. A letter stands alone, in capitals: `(B)`, `B.`, and `A cat` is an article where `A is` is an option.
 * Source: the consistency that SEED-Bench-R1 (arXiv:2503.24376) reports, by rule in place of a judge.
 */
export const rationaleConsistency = defineReward({
  name: "rationale_consistency",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: Options,
  examples: [
    { completion: "<think>so 15</think><answer>15</answer>", score: 1 },
    { completion: "<think>so 15</think><answer>16</answer>", score: 0 },
  ],
  score({ completion, options }) {
    const concluded = conclude[options.conclusion](lastTag(completion, options.think) ?? "", options);
    const answered = lastTag(completion, options.answer) ?? "";
    return concluded !== null && answers[options.conclusion](answered, concluded, options) ? 1 : 0;
  },
});

const conclude: Record<Options["conclusion"], (text: string, options: Options) => string | null> = {
  number: lastNumber,
  letter: (text, { letters }) => optionLetters(text, letters).at(-1) ?? null,
  phrase: (text) => {
    const start = [...text.matchAll(/\banswer\s{1,8}is\b:?/gi)].at(-1);
    if (start === undefined) return null;
    return (
      text
        .slice(start.index + start[0].length)
        .split(/[.!?](?:\s|$)|\n/, 1)[0]!
        .trim() || null
    );
  },
};

const answers: Record<Options["conclusion"], (answered: string, concluded: string, options: Options) => boolean> = {
  number: (answered, concluded) => plainNumber(answered) === concluded,
  letter: (answered, concluded, { letters }) => optionLetters(answered, letters)[0] === concluded,
  phrase: sameText,
};

function optionLetters(text: string, letters: string): string[] {
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}'’-])[${letters}](?![\\p{L}\\p{N}'’-])(?!(?<=A) (?!(?:is|and|or|because|since|as|fits)\\b)\\p{Ll})`,
    "gu",
  );
  return text.match(pattern) ?? [];
}
