import { registry } from "../../core/registry.ts";
import { abs, add, clip, exp, mul, neg, stopGradient, sub, type Tensor } from "../../engines/graph/build.ts";

/**
 * Estimates of the KL divergence to the reference policy at one token, from u = refLogprob - logprob, nats. The expected values of k1 and k3
 * under the policy are the divergence; as a term of a loss only k2 has its gradient, which `+` lends to another one's value.
 * Source: Schulman, Approximating KL divergence (2020); names as in verl.
 */
export interface KlEstimator {
  name: string;
  formula: string;
  /** [N] from u [N]; gradients pass */
  of(u: Tensor): Tensor;
  /** the same of a number */
  at(u: number): number;
}

const k1: KlEstimator = { name: "k1", formula: "-u", of: neg, at: (u) => -u };
const absolute: KlEstimator = { name: "abs", formula: "abs(u)", of: abs, at: Math.abs };
const k2: KlEstimator = { name: "k2", formula: "u^2 / 2", of: (u) => mul(mul(u, u), 0.5), at: (u) => u ** 2 / 2 };
const k3: KlEstimator = {
  name: "k3",
  formula: "exp(u) - u - 1",
  of: (u) => sub(sub(exp(u), u), 1),
  at: (u) => Math.exp(u) - u - 1,
};

/** The value of one estimator with the gradient of k2. */
const straightThrough = ({ name, formula, of, at }: KlEstimator): KlEstimator => ({
  name: `${name}+`,
  formula: `${formula}, with the gradient of u^2 / 2`,
  of: (u) => add(k2.of(u), stopGradient(sub(of(u), k2.of(u)))),
  at,
});

/** Every estimator by its name. A new one is an entry here. */
export const klEstimators = registry("KL estimator", [k1, absolute, k2, k3, ...[k1, absolute, k3].map(straightThrough)]);

/** Bound on u where the estimate is clamped. verl's. */
const LARGEST_GAP = 20;

/** The estimate [N] at u; with a `limit` u stays within +-20 and the estimate within +-limit, as verl has it (10). */
export function klTensor(name: string, u: Tensor, limit: number | null): Tensor {
  const { of } = klEstimators.get(name);
  return limit === null ? of(u) : clip(of(clip(u, -LARGEST_GAP, LARGEST_GAP)), -limit, limit);
}

/** The same of a number. */
export function klValue(name: string, u: number, limit: number | null): number {
  const { at } = klEstimators.get(name);
  const within = (x: number, bound: number) => Math.max(-bound, Math.min(bound, x));
  return limit === null ? at(u) : within(at(within(u, LARGEST_GAP)), limit);
}
