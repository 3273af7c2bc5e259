import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";
import { sameText } from "./text.ts";

/**
 * Short right answers above long ones, measured within the group: with part = 0.5 - (length - min) / (max - min), a right answer gets the
 * part and a wrong one min(0, part).
 *
 * Shapes: `lengths` [G] in any one unit, `right` [G]. Returns [G] in [-0.5, 0.5]; all 0 where all are equally long.
 * Source: Kimi k1.5 (arXiv:2501.12599), section 2.3.3, length penalty.
 */
export function groupLength(lengths: readonly number[], right: readonly boolean[]): number[] {
  const min = lengths.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const max = lengths.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (max === min) return lengths.map(() => 0);
  return lengths.map((length, i) => {
    const part = 0.5 - (length - min) / (max - min);
    return right[i] ? part : Math.min(0, part);
  });
}

/**
 * How far each length is from the group's mean, in standard deviations of the group (of the population), clipped to [-limit, limit].
 *
 * Shapes: [G] to [G]. 0 for lengths that don't differ. Longer is higher: weigh it negatively to shorten.
 * Source: this project; the usual normalisation of GRPO (arXiv:2402.03300), applied to lengths.
 */
export function lengthDeviation(lengths: readonly number[], limit = 3): number[] {
  const mean = lengths.reduce((sum, one) => sum + one, 0) / Math.max(1, lengths.length);
  const deviation = Math.sqrt(lengths.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, lengths.length));
  return lengths.map((length) => (deviation === 0 ? 0 : Math.max(-limit, Math.min(limit, (length - mean) / deviation))));
}

/**
 * Short right answers above long ones, as a reward of the group: lengths in tokens, right being that the last `<answer>` is the target, as plain
 * text or plain number. Range [-0.5, 0.5]. Source: Kimi k1.5 (arXiv:2501.12599).
 */
export const groupLengths = defineReward({
  name: "group_length",
  target: z.union([z.number(), z.string().regex(/\S/, "expected text that is not blank")]),
  field: "answer",
  scope: "group",
  range: [-0.5, 0.5],
  examples: [
    { completion: "<answer>15</answer>", target: "15", siblings: ["<think>so</think><answer>15</answer>"], score: 0.5 },
    { completion: "<answer>16</answer>", target: "15", siblings: ["<think>so</think><answer>15</answer>"], score: 0 },
  ],
  score: (members) =>
    groupLength(
      members.map(({ tokens }) => tokens),
      members.map(({ completion, target }) => sameText(lastTag(completion, "answer") ?? "", String(target))),
    ),
});
