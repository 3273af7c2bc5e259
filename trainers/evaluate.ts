import { join } from "node:path";
import type { Dataset } from "../datasets/define.ts";
import { type EvalResult, evaluate } from "../evals/evaluate.ts";
import type { RunListener } from "./events.ts";
import type { RunPlan } from "./plan.ts";
import { engineSampling } from "./sampling.ts";
import { assemble, type Crew } from "./setup.ts";

/** Evaluates the engine's current policy as the plan says. */
export function evaluatePolicy(
  plan: Pick<RunPlan, "evaluation" | "rewards" | "seed">,
  crew: Crew,
  dataset: Dataset,
  at: { stage: string; step: number; policyVersion: number },
  onProgress: (done: number, total: number) => void,
): Promise<EvalResult> {
  const { rows, samples, sampling, correct } = plan.evaluation;
  const { engine, processor, environment, scorer, maxLength } = crew;
  return evaluate({
    engine,
    processor,
    environment,
    scorer,
    dataset,
    stopIds: processor.stopIds,
    rows,
    samples,
    sampling: engineSampling(sampling, processor),
    correct: correct ?? scorer.names[0]!,
    seed: plan.seed,
    ...at,
    maxLength,
    onProgress,
  });
}

export interface EvaluateCheckpoint {
  /** a Hugging Face folder */
  checkpoint: string;
  plan: RunPlan;
}

/** Evaluates a checkpoint on the plan's held-out dataset (its training dataset where it has no other). */
export async function evaluateCheckpoint({ checkpoint, plan }: EvaluateCheckpoint, listener: RunListener): Promise<EvalResult> {
  const crew = await assemble(plan, checkpoint, { start: false });
  try {
    const dataset = crew.held ?? crew.train;
    const info = await crew.engine.info();
    listener({ type: "run", folder: join(checkpoint), resumedFrom: null, parameters: info.parameters, device: info.executor });
    return await evaluatePolicy(plan, crew, dataset, { stage: "eval", step: 0, policyVersion: 0 }, (done, total) =>
      listener({ type: "progress", what: "eval", done, total }),
    );
  } finally {
    await crew.close();
  }
}
