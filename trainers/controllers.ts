import type { GrpoStage } from "./options.ts";

/** Coefficients that are steered by what they are to hold, and the entropy seen last: a part of a checkpoint. */
export interface Controlled {
  kl: number;
  entropy: number;
  /** mean token entropy of the update before, nats; null before the first */
  lastEntropy: number | null;
}

export function initialControl({ kl_coef, entropy_coef }: GrpoStage): Controlled {
  return { kl: kl_coef, entropy: entropy_coef, lastEntropy: null };
}

/** The entropy coefficient as the next update applies it: while it is steered, only where entropy was at the target or below. */
export function appliedEntropy({ entropy, lastEntropy }: Controlled, { entropy_target }: GrpoStage): number {
  if (entropy_target === null) return entropy;
  return lastEntropy !== null && lastEntropy <= entropy_target ? entropy : 0;
}

/** After an update whose tokens had this mean entropy. Source: Skywork-OR1 (arXiv:2505.22312), as in TRL. */
export function afterUpdate(control: Controlled, entropy: number, { entropy_target, entropy_step }: GrpoStage): Controlled {
  if (entropy_target === null || !Number.isFinite(entropy)) return control;
  const moved = control.entropy + (entropy <= entropy_target ? entropy_step : -entropy_step);
  return { ...control, entropy: Math.max(0, Math.min(1, moved)), lastEntropy: entropy };
}

/**
 * After a step of n rollouts whose mean KL was `kl`: the coefficient grows by up to 20 % in `kl_horizon` rollouts where it is above the
 * target, and shrinks where it is below. Source: Ziegler et al. (arXiv:1909.08593), as in verl.
 */
export function afterStep(control: Controlled, kl: number, rollouts: number, { kl_target, kl_horizon }: GrpoStage): Controlled {
  if (kl_target === null || !Number.isFinite(kl)) return control;
  const error = Math.max(-0.2, Math.min(0.2, kl / kl_target - 1));
  return { ...control, kl: control.kl * (1 + (error * rollouts) / kl_horizon) };
}
