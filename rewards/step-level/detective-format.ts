import { z } from "zod";
import { defineReward } from "../define.ts";
import { TagName } from "../shaping/tags.ts";
import { parseRound } from "./detective-round.ts";

/**
 * Whether the last message of the completion holds `<score>`, `<think>`, `<clip>` and `<answer>`, each once and in this order, and asks for a clip or
 * answers, but not both: 1 or 0. Conan weighs it with 0.5. The target is not read; other text is free.
 *
 * The last message is what follows the last `</tool_response>` (or the tag that `response` names), which the environment writes.
 * Source: Conan (arXiv:2510.20470), format reward.
 */
export const detectiveFormat = defineReward({
  name: "detective_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: z.strictObject({ response: TagName.default("tool_response").describe("the tag around what the environment writes") }),
  examples: [
    { completion: "<score>00:00:05: 5</score><think>so</think><clip></clip><answer>B</answer>", score: 1 },
    { completion: "<score>00:00:05: 5</score><think>so</think><clip>00:01:00</clip><answer>B</answer>", score: 0 },
  ],
  score({ completion, options: { response } }) {
    const close = `</${response}>`;
    const last = completion.lastIndexOf(close);
    return parseRound(last < 0 ? completion : completion.slice(last + close.length)).wellFormed ? 1 : 0;
  },
});
