import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { normalise, normaliseShape } from "../text/normalise.ts";

const Text = z.string().regex(/\S/, "expected text that is not blank");

/**
 * Whether the answer is the target as text, or one of a list of accepted texts, after the same normalisation of both.
 *
 * Returns 1 or 0; 0 where nothing is extracted or nothing is left of it. With `ignore_case: false`, `white_space: keep` and
 * `unicode: false` the match is exact to the character.
 * Source: exact match of SQuAD (arXiv:1606.05250) with `ignore_punctuation` and `ignore_articles`.
 */
export const textMatch = defineReward({
  name: "text_match",
  target: z.union([Text, z.array(Text).min(1, "expected at least one accepted text")]),
  field: "answer",
  options: z.strictObject({ extract: extractOption(), ...normaliseShape }),
  range: [0, 1],
  examples: [
    { completion: "<answer>the  red door</answer>", target: "The red door", score: 1 },
    { completion: "<answer>red door</answer>", target: ["The red door", "a door"], score: 0 },
  ],
  score({ completion, target, options }) {
    const found = extract(completion, options.extract);
    if (found === null) return 0;
    const given = normalise(found, options);
    if (given.trim() === "") return 0;
    return [target].flat().some((accepted) => normalise(accepted, options) === given) ? 1 : 0;
  },
});
