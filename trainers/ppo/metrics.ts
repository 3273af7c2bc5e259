import type { ForwardBackwardResult } from "../../engines/engine.ts";
import type { LearnedRollout } from "./learn.ts";

/** Sums over the learned tokens of updates. */
export class UpdateSums {
  private readonly sums: Record<string, number> = {};
  private tokens = 0;

  /** Adds what the engine says of rollouts, in their order. */
  add(rollouts: readonly LearnedRollout[], { perToken }: Pick<ForwardBackwardResult, "perToken">): void {
    rollouts.forEach(({ mask, oldLogprobs }, r) => {
      const of = (name: string, t: number) => perToken[name]![r]![0]![t]!;
      mask.forEach((one, t) => {
        if (one === 0) return;
        this.tokens++;
        this.note("ratio", Math.exp(of("logprobs", t) - oldLogprobs[t]!));
        this.note("entropy", of("entropies", t));
        this.note("clip_ratio/low_mean", of("clip_low", t));
        this.note("clip_ratio/high_mean", of("clip_high", t));
        this.note("value_loss", of("value_loss", t));
        this.note("critic/clip_ratio", of("value_clipped", t));
      });
    });
  }

  private note(name: string, value: number): void {
    this.sums[name] = (this.sums[name] ?? 0) + value;
  }

  /** Means over tokens and updates; nothing where there were none. */
  means(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.sums).map(([name, sum]) => [name, sum / this.tokens]));
  }
}

/** What the critic knew before the updates, and how far the policy is from its reference: means over learned tokens. */
export function criticMetrics(rollouts: readonly LearnedRollout[]): Record<string, number> {
  const tokens = rollouts.flatMap(({ mask, oldValues, returns, oldLogprobs, refLogprobs }) =>
    [...mask.keys()]
      .filter((t) => mask[t] === 1)
      .map((t) => ({
        value: oldValues[t]!,
        return: returns[t]!,
        kl: refLogprobs === null ? 0 : oldLogprobs[t]! - refLogprobs[t]!,
      })),
  );
  if (tokens.length === 0) return {};
  const mean = (of: (token: (typeof tokens)[number]) => number) => tokens.reduce((sum, token) => sum + of(token), 0) / tokens.length;
  const variance = (of: (token: (typeof tokens)[number]) => number) => {
    const centre = mean(of);
    return mean((token) => (of(token) - centre) ** 2);
  };
  const spread = variance((token) => token.return);
  return {
    "critic/value_mean": mean((token) => token.value),
    "critic/return_mean": mean((token) => token.return),
    // 1 where values are returns, 0 where they say no more than one number would
    ...(spread > 0 ? { "critic/explained_variance": 1 - variance((token) => token.return - token.value) / spread } : {}),
    ...(rollouts.some(({ refLogprobs }) => refLogprobs !== null) ? { kl: mean((token) => token.kl) } : {}),
  };
}
