/** One rollout as a critic sees it, arrays [T]. */
export interface Valued {
  rewards: Float32Array;
  values: Float32Array;
  /** 0 for tokens that the policy did not choose: values and advantages are carried over them */
  mask: Float32Array;
}

/**
 * Generalised advantage estimates and returns of one rollout, [T] each:
 *   delta_t = reward_t + gamma V_{t+1} - V_t,  A_t = delta_t + gamma lambda A_{t+1},  return_t = A_t + V_t
 * where t + 1 is the next token of mask 1, and V and A are 0 behind the last. Not whitened; 0 where the mask is.
 * Source: GAE (arXiv:1506.02438), masked as in verl.
 */
export function gae(
  { rewards, values, mask }: Valued,
  { gamma, lambda }: { gamma: number; lambda: number },
): { advantages: Float32Array; returns: Float32Array } {
  const advantages = new Float32Array(rewards.length);
  const returns = new Float32Array(rewards.length);
  let [nextValue, next] = [0, 0];
  for (let t = rewards.length - 1; t >= 0; t--) {
    if (mask[t] === 0) continue;
    next = rewards[t]! + gamma * nextValue - values[t]! + gamma * lambda * next;
    nextValue = values[t]!;
    advantages[t] = next;
    returns[t] = next + nextValue;
  }
  return { advantages, returns };
}

/** What each token will still be paid, [T]: return_t = reward_t + gamma return_{t+1}, carried over tokens of mask 0. */
export function discountedReturns(rewards: Float32Array, mask: Float32Array, gamma: number): Float32Array {
  const out = new Float32Array(rewards.length);
  let next = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    if (mask[t] === 0) continue;
    next = rewards[t]! + gamma * next;
    out[t] = next;
  }
  return out;
}
