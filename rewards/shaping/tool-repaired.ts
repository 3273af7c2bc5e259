import { z } from "zod";
import { defineReward } from "../define.ts";
import { toolOptions } from "../tools.ts";
import { toolCalls } from "./tool-success.ts";

/**
 * 0 where the last call of a tool failed or was not answered, and so was not made good, else 1: an answer that is right all the same does not come from
 * what was looked at. To be multiplied with it, as `times: repaired`. The target is not read.
 * Source: Pixel Reasoner (arXiv:2505.15966), its code, which sets the base reward to 0.
 */
export const toolRepaired = defineReward({
  name: "tool_repaired",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: z.strictObject(toolOptions),
  examples: [
    {
      completion: [
        ["policy", "<tool_call>{}</tool_call>"],
        ["observation", "<tool_response>Error: no file</tool_response>"],
        ["policy", "<tool_call>{}</tool_call>"],
        ["observation", "<tool_response>image</tool_response>"],
        ["policy", "15"],
      ],
      score: 1,
    },
    {
      completion: [
        ["policy", "<tool_call>{}</tool_call>"],
        ["observation", "<tool_response>Error: no file</tool_response>"],
        ["policy", "15"],
      ],
      score: 0,
    },
  ],
  score: ({ completion, turns, options }) => (toolCalls({ completion, turns }, options).lastFailed ? 0 : 1),
});
