import { z } from "zod";

/** Fields of a grpo stage that advantage estimators read; which reads which stands in its own `reads`. */
export const advantageFields = {
  scale_rewards: z.enum(["group", "batch", "none"]).default("group").describe("which standard deviation divides the advantages"),
  std: z.enum(["sample", "population"]).default("sample").describe("divide squares by n - 1 or by n"),
  std_epsilon: z.number().min(0).default(1e-4).describe("added to that standard deviation"),
  gamma: z.number().min(0).max(1).default(1).describe("what a token's reward counts one token earlier (reinforce_plus_plus)"),
};

export const AdvantageFields = z.object(advantageFields);
export type AdvantageOptions = z.infer<typeof AdvantageFields>;
export type AdvantageField = keyof AdvantageOptions;
