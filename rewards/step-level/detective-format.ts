import { z } from "zod";
import { defineReward } from "../define.ts";
import { TagName } from "../shaping/tags.ts";
import { answeredTurns, Responses } from "../tools.ts";
import { parseRound } from "./detective-round.ts";

/**
 * Whether the last message of the completion holds `<score>`, `<think>`, `<clip>` and `<answer>`, each once and in this order, and asks for a clip or
 * answers, but not both: 1 or 0. Conan weighs it with 0.5. The target is not read; other text is free.
 *
 * The last message is the policy's last turn; with `responses: text` and where no environment wrote, what follows the last `</tool_response>` (or the
 * tag that `response` names).
 * Source: Conan (arXiv:2510.20470), format reward.
 */
export const detectiveFormat = defineReward({
  name: "detective_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  version: 2,
  options: z.strictObject({
    response: TagName.default("tool_response").describe("the tag around what the environment writes"),
    responses: Responses,
  }),
  examples: [
    { completion: "<score>00:00:05: 5</score><think>so</think><clip></clip><answer>B</answer>", score: 1 },
    { completion: "<score>00:00:05: 5</score><think>so</think><clip>00:01:00</clip><answer>B</answer>", score: 0 },
  ],
  score({ completion, turns, options: { response, responses } }) {
    const last = answeredTurns({ completion, turns }, responses, response).findLast(({ role }) => role === "policy");
    return parseRound(last?.text ?? "").wellFormed ? 1 : 0;
  },
});
