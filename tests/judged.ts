import type { Judged } from "../trainers/advantages/define.ts";

/** A rollout as estimators see it; what a test does not care about is filled in. */
export function judged(reward: number | null, own: Partial<Judged> = {}): Judged {
  const tokens = own.tokens ?? own.mask?.length ?? 4;
  return { reward, tokens, steps: [], parts: [], tokenRewards: null, mask: new Float32Array(tokens).fill(1), compared: true, ...own };
}
