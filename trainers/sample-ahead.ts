import { type SampledStep, sampleStep } from "./grpo-sample.ts";
import type { GrpoStage } from "./options.ts";
import type { StageContext } from "./runner.ts";
import { readSteps, writeSteps } from "./stored-steps.ts";

/** Of the files in a checkpoint. */
const NAME = "in-flight";

/**
 * Groups in flight: those of a step are sampled up to `staleness` steps before they are trained on, by the policy of that moment. At 1 the
 * sampler is one step off: step k + 1 is sampled before the updates of step k.
 * Source: one-step off-policy RLHF (arXiv:2410.18252); staleness of at most s steps as in AReaL (arXiv:2505.24298).
 */
export class SampledAhead {
  private waiting = new Map<number, SampledStep>();

  constructor(
    private readonly context: StageContext,
    private readonly stage: GrpoStage,
  ) {}

  /** The step's groups. Before that it samples what is not there yet of this step and of the `staleness` behind it, up to the stage's last. */
  async of(step: number): Promise<SampledStep> {
    const { context, stage, waiting } = this;
    if (stage.staleness === 0) return sampleStep(context, stage, step);
    for (const done of [...waiting.keys()].filter((key) => key < step)) waiting.delete(done);
    const last = Math.min(step + stage.staleness, stage.steps - 1);
    for (let ahead = step; ahead <= last; ahead++) {
      if (!waiting.has(ahead)) waiting.set(ahead, await sampleStep(context, stage, ahead, step));
    }
    return waiting.get(step)!;
  }

  /** Writes the groups of step `step` and those behind it into a checkpoint: the policy that sampled them will be gone. */
  async save(folder: string, step: number): Promise<void> {
    if (this.stage.staleness === 0) return;
    await writeSteps(folder, NAME, new Map([...this.waiting].filter(([key]) => key >= step)));
  }

  /** Goes on with the groups of a checkpoint. Throws CheckpointError where they are not those that were written. */
  async load(folder: string): Promise<void> {
    if (this.stage.staleness > 0) this.waiting = await readSteps(folder, NAME, this.context.crew);
  }
}
