import { z } from "zod";
import { defineReward } from "../define.ts";
import { MAX_ANSWER, mathEqual } from "../math/equal.ts";
import { extract, extractOption } from "../text/extract.ts";

const Answer = z.union([z.number(), z.string().regex(/\S/, "expected an answer that is not blank").max(MAX_ANSWER)]);

/**
 * Whether the answer is mathematically the target: LaTeX or plain text, numbers, expressions, equations, intervals, sets, tuples,
 * matrices, with or without units. Target: the answer, or a list of answers of which one will do.
 *
 * Returns 1 or 0; 0 where nothing is extracted, and for an answer of more than 1000 characters. Nothing is executed: a small
 * parser reads both, numbers are compared as exact fractions, functions at seeded points. `docs/rewards.md` says what counts as equal.
 * Source: the conventions of MATH (arXiv:2103.03874) and of its graders; `relative_tolerance: 1e-6` as GLM-4.1V-Thinking (arXiv:2507.01006) has it.
 */
export const math = defineReward({
  name: "math",
  target: z.union([Answer, z.array(Answer).min(1, "expected at least one answer")]),
  field: "answer",
  options: z.strictObject({
    extract: extractOption(["boxed", "answer"]),
    relative_tolerance: z.number().min(0).max(1).default(0).describe("between numbers; 0 asks for the same number"),
  }),
  range: [0, 1],
  examples: [
    { completion: "so \\boxed{\\frac12}", target: "0.5", score: 1 },
    { completion: "so \\boxed{0.51}", target: "0.5", score: 0 },
  ],
  score({ completion, target, options }) {
    const given = extract(completion, options.extract);
    if (given === null) return 0;
    const accepted = [target].flat().some((gold) => mathEqual(String(gold), given, { tolerance: options.relative_tolerance }));
    return accepted ? 1 : 0;
  },
});
