import { z } from "zod";
import { deriveSeed, Random } from "../core/random.ts";
import { sampleStd, scored } from "./advantages/define.ts";
import type { SampledStep } from "./grpo-sample.ts";
import type { GrpoStage } from "./options.ts";
import type { StageContext } from "./runner.ts";
import type { ScoredGroup } from "./sample-groups.ts";
import { readSteps, writeSteps } from "./stored-steps.ts";

/** Which earlier groups a step trains on again. */
export const Replay = z.strictObject({
  steps: z.int().min(1).describe("groups are kept for so many steps after their own"),
  groups: z.int().min(1).describe("drawn from them in each step, without replacement; fewer where there are not so many"),
  min_std: z.number().min(0).default(0).describe("only groups whose rewards have a sample standard deviation above this are kept"),
});
export type Replay = z.infer<typeof Replay>;

/** Of the files in a checkpoint. */
const NAME = "replay";

/**
 * The groups of the last steps that teach something, to be trained on once more. They keep their sampler's logprobs.
 * Source: replay of rollouts as in RePO, with a seeded uniform draw.
 */
export class ReplayedGroups {
  private kept = new Map<number, SampledStep>();

  constructor(
    private readonly context: StageContext,
    private readonly stage: GrpoStage,
  ) {}

  /** What `step` trains on again; depends on the run's seed, the step and what was kept. */
  draw(step: number): ScoredGroup[] {
    const { seed, stage: name } = this.context;
    const { replay } = this.stage;
    if (replay === null) return [];
    const pool = [...this.kept.values()].flatMap(({ groups }) => groups);
    return new Random(deriveSeed(seed, "replay", name, step)).shuffled(pool).slice(0, replay.groups);
  }

  /** Keeps the groups that were sampled for `step`, as far as their rewards differ enough, and forgets those of too long ago. */
  keep(step: number, groups: readonly ScoredGroup[]): void {
    const { replay } = this.stage;
    if (replay === null) return;
    const worth = groups.filter(({ rollouts }) => sampleStd(scored(rollouts.map(({ reward }) => reward))) > replay.min_std);
    this.kept.set(step, { groups: worth, sampled: groups.length });
    for (const old of [...this.kept.keys()].filter((key) => key <= step - replay.steps)) this.kept.delete(old);
  }

  /** Writes what is kept into a checkpoint. */
  async save(folder: string): Promise<void> {
    if (this.stage.replay !== null) await writeSteps(folder, NAME, this.kept);
  }

  /** Goes on with what a checkpoint kept. Throws CheckpointError where it is not what was written. */
  async load(folder: string): Promise<void> {
    if (this.stage.replay !== null) this.kept = await readSteps(folder, NAME, this.context.crew);
  }
}
