/** Filters on tokens that need the policy as it is now: they scale the policy term alone, and what they drop still counts in its mean. */

/** The value below which a share of the values lies, interpolated between neighbours: torch.quantile. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}

export interface EntropySequence {
  mask: Float32Array;
  entropies: Float32Array;
}

/**
 * 1 for the tokens whose entropy is among the highest `share` of all tokens of mask 1, else 0: [S][T]. A share of 1 keeps all.
 * Source: Beyond the 80/20 rule (arXiv:2506.01939), as TRL's top_entropy_quantile.
 */
export function highEntropy(sequences: readonly EntropySequence[], share: number): Float32Array[] {
  const all = sequences.flatMap(({ mask, entropies }) => [...entropies].filter((_, t) => mask[t] !== 0));
  const least = all.length === 0 ? 0 : quantile(all, 1 - share);
  return sequences.map(({ mask, entropies }) => mask.map((on, t) => (on !== 0 && entropies[t]! >= least ? 1 : 0)));
}

export interface OffPolicySequence {
  mask: Float32Array;
  advantages: Float32Array;
  /** by the sampler and by the policy as it is now */
  sampled: Float32Array;
  logprobs: Float32Array;
}

/**
 * 0 for the tokens of negative advantage of a completion that has become unlikely: its mean sampler - current logprob is above the
 * threshold. [S][T] Source: DeepSeek-V3.2 (arXiv:2512.02556), as TRL's off_policy_mask_threshold.
 */
export function onPolicy(sequences: readonly OffPolicySequence[], threshold: number): Float32Array[] {
  return sequences.map(({ mask, advantages, sampled, logprobs }) => {
    let [gap, tokens] = [0, 0];
    mask.forEach((on, t) => {
      if (on === 0) return;
      gap += sampled[t]! - logprobs[t]!;
      tokens++;
    });
    const far = gap / Math.max(1, tokens) > threshold;
    return advantages.map((advantage) => (far && advantage < 0 ? 0 : 1));
  });
}
