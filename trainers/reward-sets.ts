import { noting, type Problem, UserError } from "../core/errors.ts";
import type { Scorer } from "../core/types.ts";
import { createScorer } from "../rewards/compose.ts";
import { openJudges } from "../rewards/judges/index.ts";
import type { RewardSpec } from "../rewards/options.ts";
import type { RunPlan } from "./plan.ts";
import { ownRewards } from "./stage-rewards.ts";

/** Rewards that score together. */
export interface RewardSet {
  scorer: Scorer;
  /** weights of the rewards that enter the total, by name */
  rewardWeights: ReadonlyMap<string, number>;
}

/** All rewards of a run. */
export interface RewardSets {
  /** the recipe's, by which evaluations judge too */
  recipe: RewardSet;
  /** the stage's own, or the recipe's */
  of(stage: string): RewardSet;
  /** version of each part's reward, by the part's name, a stage's own as `stage/name` */
  versions: Record<string, number>;
  close(): Promise<void>;
}

/** Opens the recipe's rewards and those of its stages. Throws UserError with all that is wrong with any of them. */
export async function openRewards(plan: Pick<RunPlan, "folder" | "seed" | "judges" | "rewards" | "stages">): Promise<RewardSets> {
  const { folder, seed } = plan;
  const opened = await openJudges(plan.judges, folder);
  const problems: Problem[] = [];
  const sets = new Map<string | null, RewardSet>();
  const close = async () => {
    await Promise.all([...sets.values()].map(({ scorer }) => scorer.close()));
    await opened.close();
  };
  const open = async (stage: string | null, specs: RewardSpec[], field: string) => {
    const scorer = await noting(problems, () => createScorer(specs, { folder, seed, opened, field }));
    if (scorer !== null) sets.set(stage, { scorer, rewardWeights: weightsOf(scorer, specs) });
  };
  try {
    await open(null, plan.rewards, "rewards");
    for (const stage of plan.stages) {
      const specs = ownRewards(stage);
      if (specs !== null) await open(stage.name, specs, `stages.${stage.name}.rewards`);
    }
    if (problems.length > 0) throw new UserError(problems);
  } catch (error) {
    await close();
    throw error;
  }
  const recipe = sets.get(null)!;
  const versions = [...sets].flatMap(([stage, { scorer }]) =>
    Object.entries(scorer.versions ?? {}).map(([name, version]): [string, number] => [stage === null ? name : `${stage}/${name}`, version]),
  );
  return { recipe, of: (stage) => sets.get(stage) ?? recipe, versions: Object.fromEntries(versions), close };
}

function weightsOf({ names, counted }: Scorer, specs: readonly RewardSpec[]): ReadonlyMap<string, number> {
  return new Map(names.flatMap((name, i): [string, number][] => (counted.includes(name) ? [[name, specs[i]!.weight]] : [])));
}
