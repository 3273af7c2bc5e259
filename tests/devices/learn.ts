import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPlan } from "../../cli/plan.ts";
import type { EvalResult } from "../../evals/evaluate.ts";
import type { RunPlan } from "../../trainers/plan.ts";
import { runPlan } from "../../trainers/run.ts";
import { ROOT } from "../sources.ts";

/** The quickstart, shortened: two minutes on an idle machine of two cores, on onnx-cpu. */
export const SHORTENED = ["stages.cold_start.steps=900", "stages.rl.steps=60", "stages.rl.optimizer.lr=4e-4"];

/** On the quickstart's 1,000 test pictures, before and after its GRPO stage. */
export interface Learned {
  before: EvalResult;
  after: EvalResult;
}

/** The shortened quickstart: its cold start on onnx-cpu, which every device goes on from, then GRPO where it is asked for. */
export class Learning {
  private constructor(
    private readonly folder: string,
    private readonly checkpoint: string,
  ) {}

  static async begin(): Promise<Learning> {
    const folder = await mkdtemp(join(tmpdir(), "vlrl-learn-"));
    const plan = await shortened("quickstart.yaml");
    const { checkpoint } = await run(
      { ...plan, stages: plan.stages.slice(0, 1), data: { ...plan.data, eval: null } },
      join(folder, "cold"),
    );
    return new Learning(folder, checkpoint);
  }

  /** `recipe`: the quickstart, or its control with a random reward. */
  async goOn(recipe: "quickstart.yaml" | "quickstart-control.yaml", executor: string, device: string): Promise<Learned> {
    const set = ["evaluation.initial=true", `model.executor=${executor}`, `model.device=${device}`];
    const plan = await shortened(recipe, ...set);
    const model = { ...plan.model, preset: undefined, path: this.checkpoint };
    const { stages } = await run({ ...plan, model, stages: plan.stages.slice(1) }, join(this.folder, `${recipe}-${executor}-${device}`));
    const [before, after] = ["initial", "rl"].map((stage) => stages.find(({ name }) => name === stage)!.eval);
    return { before: before!, after: after! };
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

const shortened = (recipe: string, ...set: string[]): Promise<RunPlan> =>
  loadPlan(join(ROOT, "configs", recipe), [...SHORTENED, "rollouts.write=false", ...set]);

const run = (plan: RunPlan, runDir: string) =>
  runPlan(plan, { runDir, resume: "no", signal: new AbortController().signal, listener: () => {} });

/** Accuracy with its 95 % interval, before and after. */
export function learnedText({ before, after }: Learned): string {
  const text = ({ accuracy, accuracy_low, accuracy_high }: EvalResult) =>
    `${accuracy.toFixed(3)} [${accuracy_low.toFixed(3)}, ${accuracy_high.toFixed(3)}]`;
  return `accuracy ${text(before)} to ${text(after)}`;
}
