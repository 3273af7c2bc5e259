import type { z } from "zod";
import type { Problem } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { unknownName } from "../core/registry.ts";
import { referenceProblems } from "../rewards/algebra/graph.ts";
import { RewardSpec } from "../rewards/options.ts";
import { Evaluation, GrpoStage, PpoStage, Retention, type Stage } from "../trainers/options.ts";
import { updatesPerStep } from "../trainers/runner.ts";
import { grpoProblems } from "./grpo-checks.ts";
import { problemAt } from "./problems.ts";
import { at, plain, type Tree } from "./tree.ts";
import { sentence } from "./wording.ts";

/** Numbers of an evaluation that are there whatever the rewards are. */
const EVAL_METRICS = ["accuracy", "accuracy_low", "accuracy_high", "reward", "mean_length"];

/**
 * What no section can know alone. Works on a recipe with faults elsewhere too: a field that its own schema refuses is left out here,
 * so that everything is reported at once.
 */
export function crossChecks(tree: Tree): Problem[] {
  const written = items(tree, "stages");
  const stages = written.map((value) => soundFields(GrpoStage, value));
  const rewards = items(tree, "rewards").map((value) => soundFields(RewardSpec, value));
  return [
    ...sameNames(tree, "stages", "A stage's name is a part of its checkpoints' names."),
    ...sameNames(tree, "rewards", "Parts of the reward are told apart by name: remove one, or give it another with `as`."),
    ...stages.flatMap((stage, i) => (stage.kind === "grpo" ? grpoProblems(tree, stage, written[i] as Record<string, unknown>, i) : [])),
    ...written.flatMap((value, i) => ppoProblems(tree, soundFields(PpoStage, value), i)),
    ...stages.flatMap((stage, i) => longSchedule(tree, stage, i)),
    ...nothingToLearn(tree, written, rewards),
    ...namedRewards(tree, stages, rewards),
    ...namedJudges(tree, rewards),
    ...references(tree, rewards),
  ];
}

function items(tree: Tree, key: string): unknown[] {
  const list = at(tree, [key]);
  return list?.kind === "list" ? list.items.map(plain) : [];
}

function sameNames(tree: Tree, key: string, cure: string): Problem[] {
  const entries = items(tree, key).map((item) => item as { name?: unknown; as?: unknown } | null);
  const names = entries.map((entry) => entry?.as ?? entry?.name);
  return names.flatMap((name, i) => {
    const first = names.indexOf(name);
    if (typeof name !== "string" || first === i) return [];
    const path = [key, i, entries[i]?.as === undefined ? "name" : "as"];
    return [problemAt(tree, path, `"${name}" is the name of ${key}.${first} already`, cure)];
  });
}

/** Minibatches of a ppo stage that would not be of one size. */
function ppoProblems(tree: Tree, { kind, minibatches, batch_size: batch }: Partial<PpoStage>, index: number): Problem[] {
  if (kind !== "ppo" || minibatches === undefined || batch === undefined || batch % minibatches === 0) return [];
  const message = `expected a divisor of batch_size (${batch}), got ${minibatches}`;
  return [problemAt(tree, ["stages", index, "minibatches"], message, "Every optimizer step takes as many completions as the others.")];
}

/** A wsd schedule with more warm-up and decay than the stage has updates: the rate would jump. */
function longSchedule(tree: Tree, stage: Partial<Stage>, index: number): Problem[] {
  const { optimizer, steps } = stage;
  if (steps === undefined || !optimizer?.decay) return [];
  const updates = steps * updatesPerStep({ kind: stage.kind, minibatches: 1, epochs: 1, ...stage } as Stage);
  const { warmup_steps, decay } = optimizer;
  if (warmup_steps + decay.steps <= updates) return [];
  const message = `${warmup_steps} steps of warm-up and ${decay.steps} of decay are more than the stage's ${updates} optimizer steps`;
  return [problemAt(tree, ["stages", index, "optimizer", "decay"], message, "Shorten one of them, or take more steps.")];
}

/** How kinds of stages that learn from rewards are called. */
const REWARDED = new Map([
  ["grpo", "GRPO"],
  ["ppo", "PPO"],
]);

function nothingToLearn(tree: Tree, stages: unknown[], rewards: Partial<RewardSpec>[]): Problem[] {
  const idle = rewards.length > 0 && rewards.every(({ log_only, weight }) => log_only || weight === 0);
  const who = stages.map((stage) => REWARDED.get((stage as { kind?: string } | null)?.kind ?? "")).find((name) => name !== undefined);
  if (!idle || who === undefined) return [];
  const cure = `${who} needs a total that differs: give one of them a weight.`;
  return [problemAt(tree, ["rewards"], "every reward is log_only or weighs 0", cure)];
}

/** Rewards that other sections name. A reward file says its name only when it is loaded, so with one of those any name may be right. */
function namedRewards(tree: Tree, stages: Partial<GrpoStage>[], rewards: Partial<RewardSpec>[]): Problem[] {
  const known = rewards.map(nameOf).filter((name) => name !== undefined);
  if (known.length === 0 || known.length < rewards.length) return [];
  const problems: Problem[] = [];
  const refuse = (path: (string | number)[], { message, cure }: Pick<Problem, "message" | "cure">) =>
    problems.push(problemAt(tree, path, message, cure));
  const { correct } = soundFields(Evaluation, section(tree, "evaluation"));
  if (typeof correct === "string" && !known.includes(correct)) {
    refuse(["evaluation", "correct"], unknown("reward of this recipe", correct, known));
  }
  stages.forEach(({ filter }, i) => {
    const names = ["reward", ...known];
    if (filter && !names.includes(filter.on)) refuse(["stages", i, "filter", "on"], unknown("reward of this recipe", filter.on, names));
  });
  const { metric } = soundFields(Retention, section(tree, "checkpoints"));
  const metrics = [...EVAL_METRICS, ...known];
  // Rewards report numbers of their own beside the score, so a strange name may be right; one that is nearly a known name is not.
  if (metric !== undefined && !metrics.includes(metric) && nearest(metric, metrics) !== null) {
    refuse(["checkpoints", "metric"], unknown("metric of an evaluation", metric, metrics));
  }
  return problems;
}

/** Judges that rewards name in their options. */
function namedJudges(tree: Tree, rewards: Partial<RewardSpec>[]): Problem[] {
  const known = Object.keys((section(tree, "judges") ?? {}) as object);
  return rewards.flatMap(({ options }, i) => {
    const judge = options?.judge;
    if (typeof judge !== "string" || known.includes(judge)) return [];
    const path = ["rewards", i, "options", "judge"];
    if (known.length === 0) return [problemAt(tree, path, `there is no judge "${judge}"`, "Describe it in the section judges.")];
    const { message, cure } = unknown("judge", judge, known);
    return [problemAt(tree, path, message, cure)];
  });
}

/** Names that a reward gives other rewards: unknown ones, and rings of them. */
function references(tree: Tree, rewards: Partial<RewardSpec>[]): Problem[] {
  return referenceProblems(rewards, rewards.map(nameOf)).map(({ index, path, message, cure }) =>
    problemAt(tree, ["rewards", index, ...path], message, cure),
  );
}

function nameOf({ as, name }: Partial<RewardSpec>): string | undefined {
  return as ?? name;
}

function unknown(kind: string, name: string, known: string[]): Pick<Problem, "message" | "cure"> {
  return sentence(unknownName(kind, name, known));
}

function section(tree: Tree, key: string): unknown {
  const node = at(tree, [key]);
  return node === undefined ? {} : plain(node);
}

/** The fields of an object that their own schemas accept, defaults filled in, whatever is wrong with the others. */
function soundFields<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, value: unknown): Partial<z.infer<z.ZodObject<Shape>>> {
  if (typeof value !== "object" || value === null) return {};
  const entries = Object.entries(schema.shape).map(([key, field]) => {
    const raw = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    return [key, (field as z.ZodType).safeParse(raw).data];
  });
  return Object.fromEntries(entries);
}
