import { add, clip, greater, maximum, mul, sub, type Tensor } from "../../engines/graph/build.ts";

/**
 * What a critic's values [N] are off by, with the step from the old values clipped as the policy's is: half the larger of (v - R)^2 and
 * (v_old + clip(v - v_old, -c, c) - R)^2. Without a clip (null) half the first. Unweighted, for the caller's weights; `clipped` is 1 where the
 * clip decides. Source: PPO (arXiv:1707.06347) as implemented by verl and OpenRLHF.
 */
export function valueLoss(
  { values, oldValues, returns }: { values: Tensor; oldValues: Tensor; returns: Tensor },
  limit: number | null,
): { loss: Tensor; clipped: Tensor } {
  const square = (x: Tensor) => mul(sub(x, returns), sub(x, returns));
  const plain = square(values);
  if (limit === null) return { loss: mul(plain, 0.5), clipped: mul(plain, 0) };
  const near = square(add(oldValues, clip(sub(values, oldValues), -limit, limit)));
  return { loss: mul(maximum(plain, near), 0.5), clipped: greater(near, plain) };
}
