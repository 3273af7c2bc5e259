import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { linearRegex } from "../text/linear-regex.ts";

/** What is longer is cut: the end of a completion holds its answer. */
const MAX_LENGTH = 50_000;

/**
 * Whether the recipe's regular expression is found in the text, in RE2's syntax: no back references and no look around, and so
 * linear time for every text. Returns 1 or 0; 0 where nothing is extracted. Only the last 50 000 characters are searched.
 * The target is not read. Source: ours; RE2 by Cox, "Regular Expression Matching Can Be Simple And Fast" (2007).
 */
export const regex = defineReward({
  name: "regex",
  target: z.unknown(),
  field: "answer",
  options: z
    .strictObject({
      extract: extractOption("whole"),
      pattern: z.string().min(1).describe("in RE2's syntax"),
      flags: z
        .string()
        .regex(/^[ims]{0,3}$/, "expected some of i, m and s")
        .default("")
        .describe("i: any case; m: ^ and $ at lines; s: a dot takes line feeds"),
      full: z.boolean().default(false).describe("the pattern must take the whole text"),
    })
    .superRefine(({ pattern, flags }, context) => {
      try {
        linearRegex(pattern, flags);
      } catch (error) {
        context.addIssue({ code: "custom", path: ["pattern"], message: `expected a pattern in RE2's syntax: ${(error as Error).message}` });
      }
    }),
  range: [0, 1],
  examples: [
    { completion: "The answer is 5.", options: { pattern: "answer is [0-9]+" }, score: 1 },
    { completion: "The answer is five.", options: { pattern: "answer is [0-9]+" }, score: 0 },
  ],
  score({ completion, options: { extract: from, pattern, flags, full } }) {
    const text = extract(completion, from)?.slice(-MAX_LENGTH);
    if (text === undefined) return 0;
    const compiled = linearRegex(pattern, flags);
    return (full ? compiled.full(text) : compiled.test(text)) ? 1 : 0;
  },
});
