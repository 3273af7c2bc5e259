import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { policyText } from "../turns.ts";
import { charsOf } from "./text.ts";

/**
 * 1 where the answer has at most `max_chars` characters, else 0: a longer one may hold every answer at once, so it gates what a judge says. 1 as well
 * where there is no answer. The target is not read. Source: LongVT (arXiv:2511.20785), DeepEyes (arXiv:2505.14362).
 */
export const shortAnswer = defineReward({
  name: "short_answer",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: z.strictObject({ extract: extractOption(), max_chars: z.int().min(1).default(999).describe("the longest answer") }),
  examples: [
    { completion: "<answer>a cat</answer>", score: 1 },
    { completion: "<answer>a cat</answer>", options: { max_chars: 4 }, score: 0 },
  ],
  score: ({ completion, turns, options }) =>
    charsOf(extract(policyText({ completion, turns }, ""), options.extract) ?? "") <= options.max_chars ? 1 : 0,
});
