import { z } from "zod";
import type { Turn } from "../../core/types.ts";
import { defineReward } from "../define.ts";
import { answeredTurns, toolOptions, toolUses } from "../tools.ts";

export const ToolSuccessOptions = z.strictObject({
  cap: z.int().min(1).default(2).describe("so many calls that went well are full credit"),
  ...toolOptions,
});
type Options = z.infer<typeof ToolSuccessOptions>;

/**
 * Calls of a tool that went well, up to a cap: min(calls, cap) / cap. A call went well if the environment answered it, and neither says in its
 * log that it failed nor begins with an error. Range [0, 1]; 0 without such a call. The target is not read.
 *
 * Any tool's calls, by what was answered; `render_tool_use` renders the drafts itself.
 * With `responses: text` and where no environment wrote, tags in the text are answers; a policy that writes them feigns calls.
 * Source: RRVF (arXiv:2507.20766), the tool reward; its cap is not published.
 */
export const toolSuccess = defineReward({
  name: "tool_success",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  version: 2,
  options: ToolSuccessOptions,
  examples: [
    {
      completion: [
        ["policy", "<tool_call>{}</tool_call>"],
        ["observation", "<tool_response>image</tool_response>"],
      ],
      options: { cap: 1 },
      score: 1,
    },
    {
      completion: [
        ["policy", "<tool_call>{}</tool_call>"],
        ["observation", "<tool_response>image</tool_response>"],
      ],
      score: 1 / 2,
    },
    {
      completion: [
        ["policy", "<tool_call>{}</tool_call>"],
        ["observation", "<tool_response>Error: no file</tool_response>"],
      ],
      score: 0,
    },
  ],
  score({ completion, turns, options }) {
    const { calls, right } = toolCalls({ completion, turns }, options);
    return { score: cappedToolReward(right, { cap: options.cap }), metrics: { calls, right } };
  },
});

export interface ToolCalls {
  calls: number;
  /** those of them that went well */
  right: number;
  /** whether the last call did not */
  lastFailed: boolean;
}

/** The calls of a trajectory. Linear; never throws. */
export function toolCalls(
  input: { completion: string; turns: readonly Turn[] },
  { call, response, responses, errors }: Omit<Options, "cap">,
): ToolCalls {
  const uses = toolUses(answeredTurns(input, responses, response), { tags: [call], response, errors });
  const outcomes = uses.map(({ observation }) => observation !== null && !observation.failed);
  return { calls: outcomes.length, right: outcomes.filter(Boolean).length, lastFailed: outcomes.at(-1) === false };
}

/**
 * min(right, cap) / cap; 1 where the first draft was as good as `enough` already, so that a perfect one is not made to call for nothing.
 * `similarity` in [0, 1] is the verifier's. Source: RRVF (arXiv:2507.20766).
 */
export function cappedToolReward(right: number, { cap, enough }: { cap: number; enough?: number }, similarity?: number): number {
  if (enough !== undefined && similarity !== undefined && similarity >= enough) return 1;
  return Math.min(right, cap) / cap;
}

/**
 * 1 if at least one tool call brought something and the answer was right (its score above `over`), else 0.
 * Source: DeepEyes (arXiv:2505.14362), the conditional bonus of weight 1.2.
 */
export function toolBonus(right: number, accuracy: number, over = 0.5): number {
  return right > 0 && accuracy > over ? 1 : 0;
}
