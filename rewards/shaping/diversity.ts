import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { TagName } from "./tags.ts";
import { nGrams, plainText, wordsOf } from "./text.ts";

/**
 * How unlike its siblings each text is: 1 - the mean overlap with the others, the overlap of two texts being |A ∩ B| / |A ∪ B| over their
 * sets of n-grams of words; two texts without any overlap fully.
 *
 * Shapes: `texts` [G]. Returns [G] in [0, 1]; 0 for copies, and for a group of one. Only the first `maxWords` words of a text are read.
 * Time: O(G^2 * maxWords). It pays for being different, not for being right: gate it by the outcome.
 * Source: this project, in the manner of Self-BLEU (Zhu et al., arXiv:1802.01886) with the Jaccard index.
 */
export function diversity(texts: readonly string[], n = 2, maxWords = 2000): number[] {
  const sets = texts.map((text) => new Set(nGrams(wordsOf(text).slice(0, maxWords), n)));
  return sets.map((own, i) => {
    const overlaps = sets.filter((_, j) => j !== i).map((other) => overlap(own, other));
    return overlaps.length === 0 ? 0 : 1 - overlaps.reduce((sum, one) => sum + one, 0) / overlaps.length;
  });
}

function overlap(a: Set<string>, b: Set<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  let both = 0;
  for (const item of a) if (b.has(item)) both++;
  return both / (a.size + b.size - both);
}

/**
 * The share of the group that did not give the same answer: (G - members with this answer) / (G - 1).
 *
 * Shapes: `answers` [G], compared as plain text; null for a member without one, which gets 0. Returns [G] in [0, 1]; 0 for a group of one.
 * Source: this project; the count behind majority voting, turned round.
 */
export function answerRarity(answers: readonly (string | null)[]): number[] {
  const plain = answers.map((answer) => (answer === null ? null : plainText(answer)));
  return plain.map((answer) => {
    if (answer === null || plain.length < 2) return 0;
    return plain.filter((other) => other !== answer).length / (plain.length - 1);
  });
}

/**
 * Being unlike one's siblings, as a reward of the group: how their texts differ, or how rare the answer is. The target is not read.
 * Range [0, 1]; without the block of `within` a text is blank, and an answer is none. Source: this project, see `diversity` and `answerRarity`.
 */
export const groupDiversity = defineReward({
  name: "diversity",
  target: z.unknown(),
  field: "answer",
  scope: "group",
  range: [0, 1],
  options: z.strictObject({
    of: z.enum(["text", "answer"]).default("text").describe("phrases in common, or members with the same answer"),
    n: z.int().min(1).max(20).default(2).describe("text: how many words make a phrase"),
    within: TagName.optional().describe("look at the last block of this tag alone; `answer` where the answer is looked at"),
  }),
  examples: [
    { completion: "a red door", siblings: ["the blue key"], score: 1 },
    { completion: "a red door", siblings: ["a red door"], score: 0 },
    { completion: "<answer>1</answer>", siblings: ["<answer>1</answer>", "<answer>2</answer>"], options: { of: "answer" }, score: 1 / 2 },
  ],
  score(members) {
    const [first] = members;
    if (first === undefined) return [];
    const { of, n, within } = first.options;
    const blocks = members.map(({ completion }) => lastTag(completion, within ?? "answer"));
    if (of === "answer") return answerRarity(blocks);
    return diversity(within === undefined ? members.map(({ completion }) => completion) : blocks.map((block) => block ?? ""), n);
  },
});
