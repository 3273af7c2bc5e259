import { totalReward } from "../rewards/compose.ts";
import { type RewardDefinition, type RewardInput, rewardInput } from "../rewards/define.ts";

export interface Scored {
  score: number;
  metrics: Record<string, number>;
}

/** What a reward gives for a completion, with its target and options put through their schemas as a recipe's are. Null where it does not apply. */
export async function scored<Target, Options>(
  reward: RewardDefinition<Target, Options>,
  completion: string,
  target: unknown,
  options: object = {},
  rest: Partial<RewardInput<Target, Options>> = {},
): Promise<Scored> {
  const checked = (reward.options?.parse(options) ?? {}) as Options;
  const returned = await reward.score(rewardInput({ completion, target: reward.target.parse(target), options: checked, ...rest }));
  if (returned === null) throw new Error(`${reward.name} does not apply`);
  return typeof returned === "number" ? { score: returned, metrics: {} } : { score: returned.score, metrics: returned.metrics ?? {} };
}

/** The sum that a recipe makes of [weight, score] pairs. */
export function weighted(...parts: [weight: number, score: number][]): number | null {
  return totalReward(
    parts.map(([weight]) => ({ weight, log_only: false })),
    parts.map(([, score]) => ({ kind: "score", score })),
  );
}
