import { z } from "zod";
import { defineRoute, labelFields } from "./define.ts";

/**
 * What verl hands a custom reward function, which the generated Python file posts: the score of one solution.
 * Source: verl/trainer/ppo/reward.py, 0.10: compute_score(data_source, solution_str, ground_truth, extra_info).
 */
export const verl = defineRoute({
  name: "verl",
  speaks: "verl 0.10, reward.custom_reward_function",
  body: z.object({
    data_source: z.unknown(),
    solution_str: z.string(),
    ground_truth: z.unknown(),
    extra_info: z.record(z.string(), z.unknown()).nullable().default(null),
  }),
  asked: ({ data_source, solution_str, ground_truth, extra_info }, { labelField }) => [
    { completion: solution_str, fields: { ...extra_info, data_source, ...labelFields(ground_truth, labelField) } },
  ],
  groups: false,
  skips: false,
  reply: ([answer]) => ({ ...answer!.scores, score: answer!.reward }),
});
