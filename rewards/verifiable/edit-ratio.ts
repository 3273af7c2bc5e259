import { z } from "zod";
import { editDistance } from "../../core/nearest.ts";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { normalise, normaliseShape } from "../text/normalise.ts";

/** Two texts of this length take some 60 ms. */
const MAX_LENGTH = 2000;

/**
 * How much of the target's text was read right: 1 - edit distance / length of the longer text, after normalisation.
 *
 * Distance: Levenshtein, in UTF-16 units. Returns a number in [0, 1]; 0 where nothing is extracted, and for an answer that is
 * longer than 2000 characters, the limit of a target. White space counts for nothing unless `white_space` says otherwise.
 * Source: the OCR verifier of GLM-4.1V-Thinking (arXiv:2507.01006).
 */
export const editRatio = defineReward({
  name: "edit_ratio",
  target: z.string().regex(/\S/, "expected text that is not blank").max(MAX_LENGTH),
  field: "answer",
  options: z.strictObject({
    extract: extractOption(),
    ...normaliseShape,
    ignore_case: z.boolean().default(false).describe("upper and lower case are one"),
    white_space: normaliseShape.white_space.unwrap().default("remove").describe("one space for each run of it, none at all, or as written"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>kitten</answer>", target: "kitten", score: 1 },
    { completion: "<answer>sitting</answer>", target: "kitten", score: 1 - 3 / 7 },
  ],
  score({ completion, target, options }) {
    const found = extract(completion, options.extract);
    if (found === null || found.length > 2 * MAX_LENGTH) return 0;
    const given = normalise(found, options);
    const wanted = normalise(target, options);
    const longer = Math.max(given.length, wanted.length);
    if (given === "" || given.length > MAX_LENGTH) return 0;
    return 1 - editDistance(given, wanted) / longer;
  },
});
