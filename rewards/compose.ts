import { type Problem, RecipeError, UserError } from "../core/errors.ts";
import { unknownName } from "../core/registry.ts";
import type { Outcome, Rollout, Scored, ScoreRequest, Scorer } from "../core/types.ts";
import { OverTimeError, withinOwnTime } from "../core/waiting.ts";
import { composedReward, lackText, rawOutcome, suits } from "./algebra/evaluate.ts";
import { type Composition, composition, counts, referenceProblems, type TermSpec } from "./algebra/graph.ts";
import { askAll, type Finished, targetProblems } from "./ask.ts";
import { Board } from "./board.ts";
import { RewardHealth } from "./health.ts";
import { rewards } from "./index.ts";
import type { Judges } from "./judges/define.ts";
import { openJudges } from "./judges/index.ts";
import type { RewardSpec } from "./options.ts";
import { failureKind } from "./outcome.ts";
import { type Part, rewardField, type ScorerContext } from "./part.ts";
import { endRenderer } from "./perception/render-process.ts";
import { endIdlePython } from "./sandbox/python-pool.ts";
import { endIdleThreads } from "./sandbox/thread.ts";
import { isThreaded, openFiles } from "./user/files.ts";

/**
 * The recipe's rewards as one scorer. Ours run here, users' files in threads with a time limit.
 * Throws RecipeError, all problems at once, for an unknown name, bad options, a file that does not load, two parts of one name, a part that
 * refers to one that is not there or to itself.
 */
export async function createScorer(specs: RewardSpec[], context: ScorerContext): Promise<Scorer> {
  const own = context.opened === undefined ? await openJudges(context.judges ?? {}, context.folder) : null;
  const judges = context.opened ?? own!;
  const files = openFiles(specs, context);
  // Judges that were given are closed by whoever opened them. Sandboxes and the renderer are shared by all scorers: only what is idle ends,
  // and comes back when it is needed.
  const close = async () => {
    await Promise.all([files.close(), own?.close(), endIdleThreads(), endIdlePython(), endRenderer()]);
  };
  const problems: Problem[] = [];
  const parts: (Part | null)[] = [];
  const names: (string | undefined)[] = [];
  for (const [i, spec] of specs.entries()) {
    try {
      const part = spec.part !== undefined ? null : isThreaded(spec) ? await files.part(i) : ownPart(spec, i, context, judges);
      if (part !== null && spec.version !== undefined && spec.version !== part.version) problems.push(otherVersion(spec, part, i, context));
      const name = spec.as ?? part?.name;
      if (name !== undefined && names.includes(name)) problems.push(duplicate(name, i, context));
      names.push(name);
      parts.push(part);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(...error.problems);
      names.push(spec.as);
      parts.push(null);
    }
  }
  for (const { index, path, message, cure } of referenceProblems(specs, names)) {
    problems.push({ ...recipeProblem(index, fieldText(path), message, context), cure });
  }
  if (problems.length > 0) {
    await close();
    throw new RecipeError(problems);
  }
  const health = new RewardHealth(specs.map(({ log_only, error_limit }, i) => ({ name: names[i]!, limit: log_only ? 1 : error_limit })));
  return new ComposedScorer(composition(specs, names as string[]), parts, health, context, close);
}

/**
 * The reward of a completion from its parts' outcomes alone, one for each spec: see `composedReward`. `names` are needed where specs refer to
 * one another; conditions are taken as decided.
 */
export function totalReward(
  specs: readonly (Pick<TermSpec, "weight" | "log_only"> & Partial<TermSpec>)[],
  outcomes: readonly Outcome[],
  names: readonly string[] = specs.map((_, i) => String(i)),
): number | null {
  const terms = specs.map((spec): TermSpec => ({ outcome: false, place: "whole", absent: "skip", ...spec }));
  return composedReward(composition(terms, names), outcomes);
}

class ComposedScorer implements Scorer {
  readonly names: string[];
  readonly counted: string[];
  readonly versions: Record<string, number>;
  readonly targets: Record<string, string>;
  readonly waits: boolean;
  readonly scoreGroup?: Scorer["scoreGroup"];
  /** indices of parts that wait for the whole group: those that look at it, and those that refer to one */
  private readonly late: Set<number>;

  constructor(
    private readonly composition: Composition,
    private readonly parts: readonly (Part | null)[],
    private readonly health: RewardHealth,
    private readonly context: ScorerContext,
    readonly close: () => Promise<void>,
  ) {
    const { terms, order } = composition;
    this.names = terms.map(({ name }) => name);
    this.counted = terms.filter(({ spec }) => counts(spec)).map(({ name }) => name);
    this.versions = Object.fromEntries(parts.flatMap((part, i) => (part === null ? [] : [[terms[i]!.name, part.version]])));
    this.targets = Object.fromEntries(parts.flatMap((part, i) => (part === null ? [] : [[terms[i]!.name, part.field]])));
    this.waits = parts.some((part) => part?.waits);
    this.late = new Set();
    for (const i of order) {
      if (parts[i]?.scope === "group" || terms[i]!.references.some((reference) => this.late.has(reference))) this.late.add(i);
    }
    if (this.late.size > 0) this.scoreGroup = (requests, scored) => this.finishGroup(requests, scored);
  }

  async check(example: ScoreRequest["example"]): Promise<string[]> {
    const { terms } = this.composition;
    const found = await Promise.all(
      terms.map(async (term, i) => {
        const lacking = term.conditions.flatMap(({ field }) => (field === undefined ? [] : (lackText(field, example.fields) ?? [])));
        if (lacking.length > 0) return lacking;
        return suits(term, example.fields) ? ((await this.parts[i]?.check(example)) ?? []) : [];
      }),
    );
    return found.flatMap((messages, i) => messages.map((message) => `reward "${this.names[i]!}" ${message}`));
  }

  async score(request: ScoreRequest): Promise<Scored> {
    const board = new Board(this.composition, this.parts, [this.finished(request)]);
    const early = [...this.names.keys()].filter((i) => !this.late.has(i));
    await board.settle(early);
    const parts = early.map((i) => board.part(0, i));
    return this.late.size > 0 ? { parts, reward: null } : this.total(parts);
  }

  private async finishGroup(requests: readonly ScoreRequest[], scored: readonly Scored[]): Promise<Scored[]> {
    const known = scored.map(({ parts }) =>
      this.names.map((name, i) => (this.late.has(i) ? undefined : parts.find((part) => part.name === name))),
    );
    const board = new Board(
      this.composition,
      this.parts,
      requests.map((request) => this.finished(request)),
      known,
    );
    await board.settle(this.composition.order);
    return requests.map((_, member) => this.total(this.names.map((_, i) => board.part(member, i))));
  }

  record(rollout: Rollout): void {
    this.health.record(rollout);
  }

  takeFailing(): Problem[] {
    return this.health.take(this.context.recipe ?? this.context.folder, (i) => rewardField(this.context, i));
  }

  private total(parts: Scored["parts"]): Scored {
    const outcomes = parts.map(({ outcome }) => outcome);
    return { parts, reward: composedReward(this.composition, outcomes), outcome: rawOutcome(this.composition, outcomes) };
  }

  private finished({ example, completion, tokens, finish, tokenIds, logprobs, turns }: ScoreRequest): Finished {
    return {
      completion,
      exampleId: example.id,
      fields: example.fields,
      seed: this.context.seed,
      tokens,
      finish,
      tokenIds,
      logprobs,
      turns,
    };
  }
}

function ownPart({ name = "", target, options, timeout_ms }: RewardSpec, index: number, context: ScorerContext, judges: Judges): Part {
  const refuse = (field: string, message: string) => new RecipeError(recipeProblem(index, field, message, context));
  if (!rewards.has(name)) throw refuse("name", unknownName("reward", name, rewards.names));
  const definition = rewards.get(name);
  const checked = definition.options?.safeParse(options ?? {});
  if (checked?.error !== undefined) throw refuse("options", checked.error.issues.map(({ message }) => message).join("; "));
  const reward = { definition, field: target ?? definition.field, options: checked?.data ?? {}, judges };
  const waits = definition.needs?.includes("judges") === true;
  // a name that is not there is told now, not with the first completion
  if (waits) judges.get((reward.options as { judge: string }).judge);
  return {
    name,
    version: definition.version ?? 1,
    field: reward.field,
    scope: definition.scope ?? "completion",
    waits,
    check: (example) => targetProblems(reward, example.fields),
    async score(members) {
      const started = performance.now();
      const ask = () => askAll(reward, members);
      const outcomes = await (waits ? ask() : inTime(ask, timeout_ms)).catch((error: unknown): Outcome[] => {
        const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        return members.map(() => ({ kind: failureKind(error), message }));
      });
      const latencyMs = performance.now() - started;
      return { outcomes: outcomes ?? members.map(() => ({ kind: "timeout", message: `no answer in ${timeout_ms} ms` })), latencyMs };
    },
  };
}

/** Null where the work is not done in time, queues of sandboxes left out. It is not ended: what runs here can only wait too long, not loop. */
async function inTime<T>(work: () => Promise<T>, timeoutMs: number): Promise<T | null> {
  return withinOwnTime(timeoutMs, work).catch((error: unknown) => {
    if (error instanceof OverTimeError) return null;
    throw error;
  });
}

function duplicate(name: string, index: number, context: ScorerContext): Problem {
  const cure = "Parts are told apart by name. Remove one, or call it something else: `as: other_name`.";
  return { ...recipeProblem(index, "name", `a second reward called "${name}"`, context), cure };
}

function otherVersion({ version }: RewardSpec, part: Part, index: number, context: ScorerContext): Problem {
  const cure = `Its scores may have changed. Write version: ${part.version} to take them as they are.`;
  return { ...recipeProblem(index, "version", `expected version ${version} of "${part.name}", found ${part.version}`, context), cure };
}

function fieldText(path: (string | number)[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${key}`)).join("");
}

function recipeProblem(index: number, field: string, message: string, context: ScorerContext): Problem {
  return { place: { file: context.recipe ?? context.folder }, field: rewardField(context, index, field), message };
}
