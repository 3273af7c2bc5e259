import { type Problem, RecipeError, UserError } from "../core/errors.ts";
import { unknownName } from "../core/registry.ts";
import type { Outcome, Scorer } from "../core/types.ts";
import { ask, targetProblems } from "./ask.ts";
import { rewards } from "./index.ts";
import type { RewardSpec } from "./options.ts";
import type { Part, ScorerContext } from "./part.ts";
import { openFiles } from "./user/files.ts";

/**
 * The recipe's rewards as one scorer. Ours run here, users' files in threads with a time limit.
 * Throws RecipeError, all problems at once, for an unknown name, bad options, a file that does not load, two parts of one name.
 */
export async function createScorer(specs: RewardSpec[], context: ScorerContext): Promise<Scorer> {
  const files = openFiles(specs, context);
  const problems: Problem[] = [];
  const parts: Part[] = [];
  for (const [i, spec] of specs.entries()) {
    try {
      const part = spec.file === undefined ? ownPart(spec, i, context) : await files.part(i);
      if (parts.some(({ name }) => name === part.name)) problems.push(duplicate(part.name, i, context));
      parts.push(part);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) {
    await files.close();
    throw new RecipeError(problems);
  }
  return {
    names: parts.map(({ name }) => name),
    counted: parts.filter((_, i) => counts(specs[i]!)).map(({ name }) => name),
    async check(example) {
      const found = await Promise.all(parts.map((part) => part.check(example)));
      return found.flatMap((messages, i) => messages.map((message) => `reward "${parts[i]!.name}" ${message}`));
    },
    async score({ example, completion, tokens, finish }) {
      const finished = { completion, exampleId: example.id, fields: example.fields, seed: context.seed, tokens, finish };
      const scored = await Promise.all(parts.map(async (part) => ({ name: part.name, ...(await part.score(finished)) })));
      const outcomes = scored.map(({ outcome }) => outcome);
      return { parts: scored, reward: totalReward(specs, outcomes) };
    },
    close: () => files.close(),
  };
}

function counts({ weight, log_only }: Pick<RewardSpec, "weight" | "log_only">): boolean {
  return !log_only && weight !== 0;
}

/**
 * Sum of weight * score over the parts that count and apply. A part counts unless it is `log_only` or weighs 0.
 *
 * Null, for a rollout that can't be scored, where no part that counts gave a score, or where one timed out or failed: the rest
 * of a sum is not that sum, and a broken verifier must not look like a poor completion.
 */
export function totalReward(specs: Pick<RewardSpec, "weight" | "log_only">[], outcomes: Outcome[]): number | null {
  let total: number | null = null;
  for (const [i, outcome] of outcomes.entries()) {
    const { weight } = specs[i]!;
    if (!counts(specs[i]!) || outcome.kind === "not_applicable") continue;
    if (outcome.kind !== "score") return null;
    total = (total ?? 0) + weight * outcome.score;
  }
  return Number.isFinite(total) ? total : null;
}

function ownPart({ name = "", target, options }: RewardSpec, index: number, context: ScorerContext): Part {
  const refuse = (field: string, message: string) => new RecipeError(recipeProblem(index, field, message, context));
  if (!rewards.has(name)) throw refuse("name", unknownName("reward", name, rewards.names));
  const definition = rewards.get(name);
  const checked = definition.options?.safeParse(options ?? {});
  if (checked?.error !== undefined) throw refuse("options", checked.error.issues.map(({ message }) => message).join("; "));
  const reward = { definition, field: target ?? definition.field, options: checked?.data ?? {} };
  return {
    name,
    check: (example) => targetProblems(reward, example.fields),
    async score(finished) {
      const started = performance.now();
      return { outcome: await ask(reward, finished), latencyMs: performance.now() - started };
    },
  };
}

function duplicate(name: string, index: number, context: ScorerContext): Problem {
  const cure = "Parts are told apart by name. Remove one, or give your own reward another name.";
  return { ...recipeProblem(index, "name", `a second reward called "${name}"`, context), cure };
}

function recipeProblem(index: number, field: string, message: string, { recipe, folder }: ScorerContext): Problem {
  return { place: { file: recipe ?? folder }, field: `rewards[${index}].${field}`, message };
}
