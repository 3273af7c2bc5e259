import { basename, dirname, extname, resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { Scorer } from "../../core/types.ts";
import type { JudgeSpecs } from "../../rewards/judges/schema.ts";
import type { RewardSpec } from "../../rewards/options.ts";

/** Rewards as a reader names them on the command line, not opened yet. */
export interface NamedRewards {
  specs: RewardSpec[];
  judges: JudgeSpecs;
  seed: number;
  folder: string;
  /** files whose change changes the rewards */
  files: string[];
  /** the stage whose own they are; a recipe's unless given */
  stage?: string;
  /** stages of the recipe that have rewards of their own */
  stages: string[];
}

const CODE = [".ts", ".mts", ".js", ".mjs"];

/**
 * The rewards of a recipe (`.yaml`) or of one of its stages, of a file of one's own (`.ts`, `.js`, `.mjs`), or one of this package by its name.
 * Throws UserError.
 */
export async function namedRewards(what: string, set: readonly string[] = [], stage?: string): Promise<NamedRewards> {
  if ([".yaml", ".yml"].includes(extname(what))) return recipeRewards(what, set, stage);
  const [{ RewardSpec }, { rewards }] = await Promise.all([import("../../rewards/options.ts"), import("../../rewards/index.ts")]);
  const refuse = (message: string, cure: string) => new UserError({ place: { file: what }, message, cure });
  if (stage !== undefined) throw refuse("has no stages", "Only a recipe's rewards can be those of a stage.");
  if (set.length > 0) throw refuse("--set changes recipes", "Write the reward with its options into a YAML file of `rewards`.");
  const isFile = CODE.includes(extname(what));
  if (!isFile && !rewards.has(what)) {
    const near = nearest(what, rewards.names);
    throw refuse(
      "is neither a recipe, nor a reward file, nor a reward of this package",
      near === null ? "`vlrl reward list` names them." : `Did you mean "${near}"?`,
    );
  }
  const { data, error } = RewardSpec.safeParse(isFile ? { file: basename(what) } : { name: what });
  if (data === undefined) {
    const messages = error.issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`);
    throw refuse(messages.join("; "), "Write it with its options into a YAML file of `rewards`, and name that.");
  }
  const folder = isFile ? dirname(resolve(what)) : process.cwd();
  return { specs: [data], judges: {}, seed: 0, folder, files: isFile ? [resolve(what)] : [], stages: [] };
}

/** The rewards of a recipe, or those by which one of its stages scores. Throws UserError. */
export async function recipeRewards(recipe: string, set: readonly string[], stage?: string): Promise<NamedRewards> {
  const { loadRewards } = await import("../../configs/rewards.ts");
  const { rewards: specs, judges, seed, folder, stages } = await loadRewards(recipe, { set, stage });
  const files = specs.flatMap(({ file }) => (file === undefined ? [] : [resolve(folder, file)]));
  const own = stage !== undefined && stages.includes(stage) ? { stage } : {};
  return { specs, judges, seed, folder, files: [resolve(recipe), ...files], stages, ...own };
}

/** How many completions to score at the same time so that what each takes can be told: many only where somebody else does the work. */
export async function atOnce({ specs }: NamedRewards, { waits }: Pick<Scorer, "waits">): Promise<number> {
  if (waits) return Number.POSITIVE_INFINITY;
  const { isThreaded } = await import("../../rewards/user/files.ts");
  return specs.some(isThreaded) ? 8 : 1;
}

/** The scorer of named rewards; its owner closes it. */
export async function openScorer({ specs, judges, seed, folder, stage }: NamedRewards, recipe?: string): Promise<Scorer> {
  const { createScorer } = await import("../../rewards/compose.ts");
  const place = { ...(recipe === undefined ? {} : { recipe }), ...(stage === undefined ? {} : { field: `stages.${stage}.rewards` }) };
  return createScorer(specs, { folder, seed, judges, ...place });
}
