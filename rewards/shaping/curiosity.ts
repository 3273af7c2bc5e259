import { z } from "zod";
import { defineReward } from "../define.ts";
import { ToolSuccessOptions, toolCalls } from "./tool-success.ts";

export const CuriosityOptions = z.strictObject({
  form: z.enum(["paper", "code"]).default("paper").describe("the formula of the paper, or that of its code"),
  rate: z.number().min(0).max(1).default(0.3).describe("H: at this rate of use and above nothing is paid"),
  alpha: z.number().min(0).default(0.5).describe("paper: weight of the bonus"),
  free_calls: z.int().min(0).default(1).describe("N: calls without a penalty"),
  beta: z.number().min(0).default(0.05).describe("what each further call costs"),
  scale: z.number().positive().default(2).describe("code: c, 2 for pictures and 1.5 for videos"),
});
export type CuriosityOptions = z.infer<typeof CuriosityOptions>;

/**
 * A bonus for using tools while the group seldom does, and a price for using them much.
 *
 * Shapes: `calls` [G], calls of each member, failed ones too. Returns [G], what is added to each member's reward. With
 * rate = members with a call / G:
 *   paper: alpha * max(H - rate, 0) for members with a call, and -beta * max(n - N, 0)
 *   code:  max(H - rate, 0) / c * 0.25 / rate for members with a call, and -beta * (n - 1); 0 for others
 * Range: at most alpha * H (paper), 0.25 * H * G / c (code); below 0 by beta a call, without end.
 * Source: Pixel Reasoner (arXiv:2505.15966), equations of the curiosity reward; its code for the second form.
 */
export function curiosity(calls: readonly number[], { form, rate: wanted, alpha, beta, free_calls, scale }: CuriosityOptions): number[] {
  const users = calls.filter((n) => n >= 1).length;
  const rate = users / Math.max(1, calls.length);
  const lacking = Math.max(wanted - rate, 0);
  return calls.map((n) => {
    if (form === "paper") return (n >= 1 ? alpha * lacking : 0) - beta * Math.max(n - free_calls, 0);
    return n >= 1 ? ((lacking / scale) * 0.25) / rate - beta * (n - 1) : 0;
  });
}

/**
 * The base reward of an answer: 0 if the last call failed and was not made good, for the answer can't come from what was looked at.
 * Source: Pixel Reasoner's code.
 */
export function unlessUnrepaired(reward: number, lastCallFailed: boolean): number {
  return lastCallFailed ? 0 : reward;
}

/**
 * A bonus for calling tools while few of the group do, less a price for many calls. In the paper's form it is alpha * max(rate - share of
 * members with a call, 0) for those with a call, less beta for each call after `free_calls`; the code's stands at the function `curiosity`.
 *
 * Calls are counted in each member's text, failed ones too, by the tags of `tool_success`. The target is not read. Range: at most
 * `alpha * rate` (paper); no least. A metric `calls` beside each score. Source: Pixel Reasoner (arXiv:2505.15966).
 */
export const toolCuriosity = defineReward({
  name: "curiosity",
  target: z.unknown(),
  field: "answer",
  scope: "group",
  version: 2,
  options: z.strictObject({ ...CuriosityOptions.shape, ...ToolSuccessOptions.omit({ cap: true }).shape }),
  examples: [
    {
      completion: [
        ["policy", "<tool_call>{}</tool_call>"],
        ["observation", "<tool_response>image</tool_response>"],
      ],
      siblings: ["a", "b", "c"],
      score: 0.5 * (0.3 - 1 / 4),
    },
    { completion: "a", siblings: ["b"], score: 0 },
  ],
  score(members) {
    const calls = members.map((member) => toolCalls(member, member.options).calls);
    const [first] = members;
    const scores = first === undefined ? [] : curiosity(calls, first.options);
    return scores.map((score, i) => ({ score, metrics: { calls: calls[i]! } }));
  },
});
