import { z } from "zod";
import { defineReward } from "./define.ts";
import { lastTag, plainNumber } from "./parse.ts";

/**
 * Whether the last `<answer>…</answer>` of the completion is the target.
 *
 * Plain decimal numbers are compared by value: `015`, `15.0` and `15` are one answer. Blanks, `NaN`, `1e1`, `0x0f`, `1,000`
 * and digits of other scripts are not numbers. Everything else is compared as text, ends trimmed, runs of whitespace as one
 * space, case ignored. Returns 1 or 0; 0 without a complete pair of tags. Source: this project.
 */
export const answer = defineReward({
  name: "answer",
  target: z.union([z.number(), z.string().regex(/\S/, "expected text that is not blank")]),
  field: "answer",
  range: [0, 1],
  examples: [
    { completion: "<think>7 + 8 = 15</think><answer>15.0</answer>", target: "15", score: 1 },
    { completion: "15", target: "15", score: 0 },
  ],
  score({ completion, target }) {
    const given = lastTag(completion, "answer");
    return given !== null && sameAnswer(given, target) ? 1 : 0;
  },
});

function sameAnswer(given: string, target: string | number): boolean {
  const number = plainNumber(given);
  if (typeof target === "number") return number !== null && Number(number) === target;
  const wanted = plainNumber(target);
  return wanted === null ? plainText(given) === plainText(target) : number === wanted;
}

function plainText(text: string): string {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}
