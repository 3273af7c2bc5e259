import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPlan } from "../../cli/plan.ts";
import type { RunEvent } from "../../trainers/events.ts";
import { runPlan } from "../../trainers/run.ts";
import { ROOT } from "../sources.ts";

/**
 * The losses of the first SFT steps of the quickstart, in nats, on a device: same pictures, same weights to start from. Rounding grows with
 * the steps, as each goes on from the weights of the one before.
 */
export async function lossCurve(executor: string, device: string, steps: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-curve-"));
  try {
    const set = [
      `stages.0.steps=${steps}`,
      `model.executor=${executor}`,
      `model.device=${device}`,
      "data.eval=null",
      "rollouts.write=false",
    ];
    const plan = await loadPlan(join(ROOT, "configs", "quickstart.yaml"), set);
    const losses: number[] = [];
    const listener = (event: RunEvent) => {
      if (event.type === "step") losses.push(event.metrics.loss!);
    };
    const sft = { ...plan, stages: plan.stages.slice(0, 1) };
    await runPlan(sft, { runDir: join(folder, "run"), resume: "no", signal: new AbortController().signal, listener });
    return losses;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
