import type { z } from "zod";
import type { Problem } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { unknownName } from "../core/registry.ts";
import { referenceProblems } from "../rewards/algebra/graph.ts";
import { RewardSpec } from "../rewards/options.ts";
import { Evaluation, GrpoStage, PpoStage, Retention, type Stage } from "../trainers/options.ts";
import { updatesPerStep } from "../trainers/runner.ts";
import { grpoProblems } from "./grpo-checks.ts";
import { fieldText, problemAt } from "./problems.ts";
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
  const lists = rewardLists(tree, written);
  return [
    ...sameNames(tree, ["stages"], "A stage's name is a part of its checkpoints' names."),
    ...lists.flatMap(({ path }) =>
      sameNames(tree, path, "Parts of the reward are told apart by name: remove one, or give it another with `as`."),
    ),
    ...stages.flatMap((stage, i) => (stage.kind === "grpo" ? grpoProblems(tree, stage, written[i] as Record<string, unknown>, i) : [])),
    ...written.flatMap((value, i) => ppoProblems(tree, soundFields(PpoStage, value), i)),
    ...stages.flatMap((stage, i) => longSchedule(tree, stage, i)),
    ...lists.flatMap((list) => [...nothingToLearn(tree, list), ...namedJudges(tree, list), ...references(tree, list)]),
    ...namedRewards(tree, lists[0]!.rewards),
    ...stages.flatMap((stage, i) => namedInFilter(tree, stage, i, lists)),
  ];
}

type Path = readonly (string | number)[];

/** A list of rewards: the recipe's, or a stage's own. */
interface RewardList {
  path: Path;
  rewards: Partial<RewardSpec>[];
  /** indices of the stages that learn from it, and their kinds */
  learners: Map<number, string>;
}

/** The recipe's rewards first, then each stage's own. */
function rewardLists(tree: Tree, stages: unknown[]): RewardList[] {
  const rewardsAt = (path: Path) => items(tree, ...path).map((value) => soundFields(RewardSpec, value));
  const learners = stages.flatMap((stage, i): [number, string][] => {
    const kind = (stage as { kind?: unknown } | null)?.kind;
    return typeof kind === "string" && REWARDED.has(kind) ? [[i, kind]] : [];
  });
  const own = learners.filter(([i]) => at(tree, ["stages", i, "rewards"])?.kind === "list");
  const rest = learners.filter((learner) => !own.includes(learner));
  return [
    { path: ["rewards"], rewards: rewardsAt(["rewards"]), learners: new Map(rest) },
    ...own.map((learner): RewardList => {
      const path = ["stages", learner[0], "rewards"];
      return { path, rewards: rewardsAt(path), learners: new Map([learner]) };
    }),
  ];
}

function items(tree: Tree, ...path: Path): unknown[] {
  const list = at(tree, path);
  return list?.kind === "list" ? list.items.map(plain) : [];
}

function sameNames(tree: Tree, list: Path, cure: string): Problem[] {
  const entries = items(tree, ...list).map((item) => item as { name?: unknown; as?: unknown } | null);
  const names = entries.map((entry) => entry?.as ?? entry?.name);
  return names.flatMap((name, i) => {
    const first = names.indexOf(name);
    if (typeof name !== "string" || first === i) return [];
    const path = [...list, i, entries[i]?.as === undefined ? "name" : "as"];
    return [problemAt(tree, path, `"${name}" is the name of ${fieldText([...list, first])} already`, cure)];
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

function nothingToLearn(tree: Tree, { path, rewards, learners }: RewardList): Problem[] {
  const idle = rewards.length > 0 && rewards.every(({ log_only, weight }) => log_only || weight === 0);
  const [kind] = learners.values();
  if (!idle || kind === undefined) return [];
  const cure = `${REWARDED.get(kind)} needs a total that differs: give one of them a weight.`;
  return [problemAt(tree, path, "every reward is log_only or weighs 0", cure)];
}

/** Names of rewards; null where one may be any, since a reward file says its name only when it is loaded. */
function namesOf(rewards: Partial<RewardSpec>[]): string[] | null {
  const known = rewards.map(nameOf).filter((name) => name !== undefined);
  return known.length === 0 || known.length < rewards.length ? null : known;
}

/** The reward that a stage's filter looks at is one of those that score its completions. */
function namedInFilter(tree: Tree, { filter }: Partial<GrpoStage>, index: number, lists: RewardList[]): Problem[] {
  const known = namesOf(lists.find(({ learners }) => learners.has(index))?.rewards ?? []);
  if (!filter || known === null || filter.on === "reward" || known.includes(filter.on)) return [];
  const { message, cure } = unknown("reward of this stage", filter.on, ["reward", ...known]);
  return [problemAt(tree, ["stages", index, "filter", "on"], message, cure)];
}

/** The recipe's rewards that other sections name. */
function namedRewards(tree: Tree, rewards: Partial<RewardSpec>[]): Problem[] {
  const known = namesOf(rewards);
  if (known === null) return [];
  const problems: Problem[] = [];
  const refuse = (path: (string | number)[], { message, cure }: Pick<Problem, "message" | "cure">) =>
    problems.push(problemAt(tree, path, message, cure));
  const { correct } = soundFields(Evaluation, section(tree, "evaluation"));
  if (typeof correct === "string" && !known.includes(correct)) {
    refuse(["evaluation", "correct"], unknown("reward of this recipe", correct, known));
  }
  const { metric } = soundFields(Retention, section(tree, "checkpoints"));
  const metrics = [...EVAL_METRICS, ...known];
  // Rewards report numbers of their own beside the score, so a strange name may be right; one that is nearly a known name is not.
  if (metric !== undefined && !metrics.includes(metric) && nearest(metric, metrics) !== null) {
    refuse(["checkpoints", "metric"], unknown("metric of an evaluation", metric, metrics));
  }
  return problems;
}

/** Judges that rewards name in their options. */
function namedJudges(tree: Tree, { path: list, rewards }: RewardList): Problem[] {
  const known = Object.keys((section(tree, "judges") ?? {}) as object);
  return rewards.flatMap(({ options }, i) => {
    const judge = options?.judge;
    if (typeof judge !== "string" || known.includes(judge)) return [];
    const path = [...list, i, "options", "judge"];
    if (known.length === 0) return [problemAt(tree, path, `there is no judge "${judge}"`, "Describe it in the section judges.")];
    const { message, cure } = unknown("judge", judge, known);
    return [problemAt(tree, path, message, cure)];
  });
}

/** Names that a reward gives other rewards: unknown ones, and rings of them. */
function references(tree: Tree, { path: list, rewards }: RewardList): Problem[] {
  return referenceProblems(rewards, rewards.map(nameOf)).map(({ index, path, message, cure }) =>
    problemAt(tree, [...list, index, ...path], message, cure),
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
