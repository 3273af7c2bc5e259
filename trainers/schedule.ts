import type { OptimizerStep } from "../engines/engine.ts";
import type { Optimizer } from "./options.ts";

/**
 * Learning rate of step `step` (from 0) of `steps`: a linear warm-up that reaches lr at its end, then constant, or half a cosine down to
 * lr * min_lr_ratio.
 */
export function learningRate(step: number, steps: number, { lr, schedule, warmup_steps, min_lr_ratio }: Optimizer): number {
  if (step < warmup_steps) return (lr * (step + 1)) / warmup_steps;
  if (schedule === "constant") return lr;
  const progress = (step - warmup_steps) / Math.max(1, steps - warmup_steps);
  return lr * (min_lr_ratio + (1 - min_lr_ratio) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/** What the engine is told at step `step` (from 0) of `steps`: every learning rate as far along its schedule as the first. */
export function scheduledStep(step: number, steps: number, optimizer: Optimizer): OptimizerStep {
  const { muon } = optimizer;
  const lr = learningRate(step, steps, optimizer);
  return { ...optimizer, lr, muon: muon === null ? null : { ...muon, lr: muon.lr * (lr / optimizer.lr) } };
}
