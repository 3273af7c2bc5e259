/**
 * How far the policy's next-token distributions are from uniform, over the tokens of a rationale: the mean of KL(p || uniform), in nats,
 * divided once more by the size of the vocabulary.
 *
 * Shapes: `logprobs` [N][V], natural logarithms of a distribution over the whole vocabulary; -Infinity for what can't come. Returns a number
 * in [0, ln(V) / V]: 0 for uniform distributions and for no tokens. Rewards weigh it with 0.005.
 * Source: Shop-R1 (arXiv:2507.17842).
 */
export function selfCertainty(logprobs: readonly (readonly number[])[]): number {
  if (logprobs.length === 0) return 0;
  const terms = logprobs.map((row) => {
    const entropy = -row.reduce((sum, logprob) => sum + (logprob === Number.NEGATIVE_INFINITY ? 0 : Math.exp(logprob) * logprob), 0);
    return (Math.log(row.length) - entropy) / row.length;
  });
  return Math.max(0, terms.reduce((sum, term) => sum + term, 0) / terms.length);
}
