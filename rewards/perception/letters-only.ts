import { z } from "zod";
import { defineReward } from "../define.ts";
import { lastTag } from "../parse.ts";

/**
 * Whether the letters of the answer, all else removed, are the option's letter, case ignored: `(b)` is B, `B. red` is not. The whole reply is read
 * where there is no `<answer>`. Target: one letter. Returns 1 or 0. Source: ERGO (arXiv:2509.21991), its evaluation.
 */
export const lettersOnly = defineReward({
  name: "letters_only",
  target: z.string().regex(/^[A-Za-z]$/, "expected one letter"),
  field: "answer",
  range: [0, 1],
  examples: [
    { completion: "<answer>(b)</answer>", target: "B", score: 1 },
    { completion: "<answer>B. red</answer>", target: "B", score: 0 },
  ],
  score({ completion, target }) {
    const letters = (lastTag(completion, "answer") ?? completion).replace(/[^A-Za-z]/g, "");
    return letters.toLowerCase() === target.toLowerCase() ? 1 : 0;
  },
});
