import type { OptimizerStep } from "../engines/engine.ts";
import type { Decay, Optimizer } from "./optimizer-options.ts";

/** What is left of the way down after a share `progress` of it: 1 at its start, 0 at its end. */
const shapes: { [Shape in Decay["shape"]]: (progress: number) => number } = {
  cosine: (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)),
  linear: (progress) => 1 - progress,
  "1-sqrt": (progress) => 1 - Math.sqrt(progress),
};

/**
 * Learning rate of step `step` (from 0) of `steps`: a line up that reaches lr with the last step of the warm-up, then lr, and for all but
 * `constant` a way down to lr * min_lr_ratio, which the step after the last would have. `cosine` and `linear` begin it behind the warm-up,
 * `wsd` with the last `decay.steps` steps.
 * Source: transformers' schedules of these names (cosine_with_min_lr for the floor). Theirs warm up from 0 rather than from the first step
 * of the line, so that their first update is none; behind the warm-up both are the same. Adafactor's relative_step is a rate of its own.
 */
export function learningRate(step: number, steps: number, optimizer: Optimizer): number {
  const { lr, schedule, warmup_steps, min_lr_ratio, decay, adafactor } = optimizer;
  if (adafactor?.relative_step) return Math.min(adafactor.warmup_init ? 1e-6 * (step + 1) : 1e-2, 1 / Math.sqrt(step + 1));
  if (step < warmup_steps) return (lr * (step + 1)) / warmup_steps;
  if (schedule === "constant") return lr;
  const [start, shape] = decay === null ? [warmup_steps, schedule as "cosine" | "linear"] : [steps - decay.steps, decay.shape];
  const progress = Math.max(0, (step - start) / Math.max(1, steps - start));
  return lr * (min_lr_ratio + (1 - min_lr_ratio) * shapes[shape](progress));
}

/** What the engine is told at step `step` (from 0) of `steps`: every learning rate as far along its schedule as the first. */
export function scheduledStep(step: number, steps: number, optimizer: Optimizer): OptimizerStep {
  const { muon } = optimizer;
  const lr = learningRate(step, steps, optimizer);
  return { ...optimizer, lr, muon: muon === null ? null : { ...muon, lr: muon.lr * (lr / optimizer.lr) } };
}
