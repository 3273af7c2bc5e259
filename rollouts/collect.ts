import { setImmediate as nextTurn } from "node:timers/promises";
import type { RecordBatch } from "apache-arrow";
import PQueue from "p-queue";
import { deriveSeed } from "../core/random.ts";
import type { Example, Message, Outcome, RewardPart, Role, Rollout, Scored, ScoreRequest, Scorer } from "../core/types.ts";
import { OverTimeError, withinOwnTime } from "../core/waiting.ts";
import type { Completion, EncodedPrompt, Engine, SampleRequest, SamplingOptions } from "../engines/engine.ts";
import { checkLength } from "../models/length.ts";
import type { Processor } from "../models/processor.ts";
import { Inbox } from "./inbox.ts";
import { toBatch } from "./schema.ts";
import { turnSpans } from "./turns.ts";
import { orStall } from "./watchdog.ts";

export interface CollectOptions {
  engine: Pick<Engine, "sample">;
  processor: Pick<Processor, "encodePrompt" | "decode">;
  /** the recipe's environment, its options already given */
  environment: { start(fields: Example["fields"]): Message[]; reply(fields: Example["fields"], completion: string): Message[] | null };
  scorer: Pick<Scorer, "waits" | "names" | "score" | "scoreGroup" | "record">;
  /** [P] one group of completions each */
  examples: readonly Example[];
  /** G */
  groupSize: number;
  sampling: Omit<SamplingOptions, "stop_ids">;
  stopIds: readonly number[];
  /** the most tokens of a prompt with its completion; null where nothing says */
  maxLength: number | null;
  seed: number;
  policyVersion: number;
  stage: string;
  step: number;
  /** of the times that a step samples: a row that comes again in a later one is completed anew; 0 unless given */
  round?: number;
  /** ends the collection with the signal's reason; the engine finishes what it was asked for by itself */
  signal?: AbortSignal;
  /** how many completions are scored at the same time */
  scoreConcurrency?: number;
  /** how long scoring one completion, or the rewards that look at a whole group, may take before it counts as a timeout; waiting for a free thread is not counted */
  scoreTimeoutMs?: number;
  /** how long nothing at all may happen before the collection fails, saying who waited for whom */
  stallMs?: number;
  /** called as completions arrive, for progress bars */
  onCompletion?: (sampled: number, total: number) => void;
}

interface Prompt {
  example: Example;
  prompt: EncodedPrompt;
  text: string;
  /** [G] undefined until sampled and scored */
  rollouts: (Rollout | undefined)[];
  seeds: number[];
  sampled: boolean[];
  left: number;
}

/**
 * Samples G completions of every example and scores each as soon as it ends, while its siblings are still being sampled; rewards that look
 * at a whole group are asked when its last completion is scored. Yields a group once it is complete, as one record batch: rollouts in member
 * order, groups in the order of their completion.
 *
 * A completion's seed depends on the run's seed, the example, the member, the step and how often the example came in it before. A completion whose scoring throws or takes
 * too long is yielded with a reward of null and the cause in every part; the engine's failure is the collection's. What has been asked
 * of the engine can't be taken back: a consumer that stops early leaves it to finish.
 * Throws DataError for a prompt that leaves no room for its completion, StallError where nothing happens for `stallMs`.
 */
export async function* collectGroups(options: CollectOptions): AsyncGenerator<RecordBatch, void, void> {
  const { engine, examples, groupSize, sampling, stopIds, stage, step, signal, stallMs = 120_000 } = options;
  signal?.throwIfAborted();
  if (examples.length === 0) return;
  const started = performance.now();
  const prompts = await encodePrompts(options, stallMs);
  const inbox = new Inbox<Rollout[]>();
  const scoring = new Scoring(options);
  const total = prompts.length * groupSize;
  const requested = performance.now();
  let arrived = 0;
  let finished = 0;
  let over = false;

  const arrive = async (completion: Completion): Promise<void> => {
    if (over) return;
    const prompt = claim(prompts, completion);
    const text = options.processor.decode(completion.tokens);
    if (options.environment.reply(prompt.example.fields, text) !== null) {
      throw new Error("the environment asks for another turn, but rollouts have one turn");
    }
    arrived++;
    options.onCompletion?.(arrived, total);
    const rollout = unscored(options, prompt, completion, text, requested - started);
    await scoring.score(prompt.example, rollout);
    finished++;
    prompt.rollouts[completion.member] = rollout;
    prompt.left--;
    if (prompt.left > 0) return;
    const rollouts = prompt.rollouts as Rollout[];
    await scoring.finish(prompt.example, rollouts);
    for (const one of rollouts) options.scorer.record?.(one);
    finished++;
    inbox.push(rollouts);
  };
  const fail = (error: unknown) => inbox.fail(error);
  const abort = () => fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });

  const request: SampleRequest = {
    prompts: prompts.map(({ prompt }) => prompt),
    seeds: prompts.map(({ seeds }) => seeds),
    sampling: { ...sampling, stop_ids: [...stopIds] },
  };
  // An error of `arrive` is the collection's, not one for the engine that called.
  const sampled = engine
    .sample(request, (completion) => void arrive(completion).catch(fail))
    .then(() => {
      if (arrived < total) throw new Error(`the engine returned after ${arrived} of ${total} completions: ${missingText(prompts)}`);
    });
  sampled.catch(fail);

  const watch = <T>(work: Promise<T>): Promise<T> =>
    orStall(work, {
      stallMs,
      news: () => arrived + finished,
      describe: () => {
        const sampler = arrived < total ? `the engine (${arrived} of ${total} completions sampled, ${missingText(prompts)})` : null;
        const waited = [sampler, scoring.describe()].filter((who) => who !== null);
        return `stage ${stage}, step ${step} waits for ${waited.join(" and ") || "the engine, to end a request whose completions are all here"}`;
      },
    });
  try {
    for (let yielded = 0; yielded < prompts.length; yielded++) {
      yield await toBatch(await watch(inbox.next()), { stage, step });
      // many groups may end at once: other work has its turn between two of them
      await nextTurn();
    }
    await watch(sampled);
  } finally {
    over = true;
    signal?.removeEventListener("abort", abort);
    scoring.stop();
  }
}

async function encodePrompts(options: CollectOptions, stallMs: number): Promise<Prompt[]> {
  const { processor, environment, examples, groupSize, seed, step, round = 0 } = options;
  const prompts: Prompt[] = [];
  /** how often a row was among the examples already: a small dataset comes round within a step */
  const times = new Map<string, number>();
  for (const example of examples) {
    const time = times.get(example.id) ?? 0;
    times.set(example.id, time + 1);
    const again = round + time === 0 ? [] : [round, time];
    options.signal?.throwIfAborted();
    const { prompt, text } = await orStall(processor.encodePrompt(environment.start(example.fields)), {
      stallMs,
      news: () => 0,
      describe: () => `rollouts wait for the processor, to encode the prompt of ${example.id}`,
    });
    checkLength(example.id, { prompt: prompt.tokens.length, after: options.sampling.max_new_tokens }, options.maxLength);
    prompts.push({
      example,
      prompt,
      text,
      rollouts: Array(groupSize).fill(undefined),
      seeds: Array.from({ length: groupSize }, (_, member) => deriveSeed(seed, "completion", example.id, member, step, ...again)),
      sampled: Array(groupSize).fill(false),
      left: groupSize,
    });
    // Lets timers and the screen have their turn between two pictures.
    await nextTurn();
  }
  return prompts;
}

/** The prompt that a completion belongs to. Throws where it was not asked for, came before, or is not well formed. */
function claim(prompts: Prompt[], { prompt: index, member, tokens, logprobs }: Completion): Prompt {
  const prompt = prompts[index];
  if (prompt === undefined || member < 0 || member >= prompt.sampled.length) {
    throw new Error(`the engine sent prompt ${index}, member ${member}, which nobody asked for`);
  }
  if (prompt.sampled[member]) throw new Error(`the engine sent ${prompt.example.id}, member ${member} twice`);
  if (tokens.length !== logprobs.length) {
    throw new Error(`the engine sent ${tokens.length} tokens and ${logprobs.length} logprobs for ${prompt.example.id}, member ${member}`);
  }
  prompt.sampled[member] = true;
  return prompt;
}

function missingText(prompts: Prompt[]): string {
  const first = prompts.find(({ sampled }) => sampled.includes(false))!;
  return `the first one missing is ${first.example.id}, member ${first.sampled.indexOf(false)}`;
}

function unscored(options: CollectOptions, prompt: Prompt, completion: Completion, text: string, requestedMs: number): Rollout {
  const { example } = prompt;
  const { member, tokens, logprobs, finish } = completion;
  const roles: Role[] = Array(tokens.length).fill("policy");
  return {
    exampleId: example.id,
    group: completion.prompt,
    member,
    seed: prompt.seeds[member]!,
    policyVersion: options.policyVersion,
    promptTokens: prompt.prompt.tokens,
    tokens,
    logprobs,
    roles,
    promptText: prompt.text,
    text,
    turns: turnSpans({ tokens, roles, text }, (ids) => options.processor.decode(ids)),
    finish,
    pictureRef: prompt.prompt.pixels === null ? null : `dataset:${example.id}`,
    startedMs: requestedMs + completion.startedMs,
    finishedMs: requestedMs + completion.finishedMs,
    parts: [],
    reward: null,
    outcome: null,
    advantage: null,
  };
}

/** Asks the scorer about several completions at a time, and remembers which are not answered yet. */
class Scoring {
  private readonly scorer: CollectOptions["scorer"];
  private readonly timeoutMs: number;
  private readonly queue: PQueue;
  private readonly running = new Map<Rollout, number>();

  constructor({ scorer, ...limits }: CollectOptions) {
    const { scoreConcurrency = scorer.waits ? 256 : 8, scoreTimeoutMs = scorer.waits ? 600_000 : 30_000 } = limits;
    this.scorer = scorer;
    this.timeoutMs = scoreTimeoutMs;
    this.queue = new PQueue({ concurrency: scoreConcurrency });
  }

  /** Fills in the rollout's parts and reward, as far as they are its own. */
  async score(example: Example, rollout: Rollout): Promise<void> {
    await this.ask([rollout], async () => [await this.scorer.score(this.request(example, rollout))]);
  }

  /** Fills in what looks at the whole group. Where that fails, no member has a reward. */
  async finish(example: Example, rollouts: Rollout[]): Promise<void> {
    if (this.scorer.scoreGroup === undefined) return;
    const requests = rollouts.map((rollout) => this.request(example, rollout));
    await this.ask(rollouts, () => this.scorer.scoreGroup!(requests, rollouts));
  }

  private request(example: Example, rollout: Rollout): ScoreRequest {
    const { text, tokens, logprobs, finish, turns } = rollout;
    return {
      example,
      completion: text,
      tokens: tokens.length,
      finish,
      tokenIds: tokens,
      logprobs,
      turns,
    };
  }

  private async ask(rollouts: Rollout[], work: () => Promise<Scored[]>): Promise<void> {
    const [first] = rollouts;
    let asked = 0;
    const start = () => {
      asked = performance.now();
      this.running.set(first!, asked);
      return work();
    };
    try {
      const scored = await this.queue.add(() => withinOwnTime(this.timeoutMs, start));
      for (const [i, rollout] of rollouts.entries()) {
        const { parts, reward, outcome = null } = scored[i]!;
        Object.assign(rollout, { parts, reward, outcome });
      }
    } catch (error) {
      const parts = this.failed(error, performance.now() - asked);
      for (const rollout of rollouts) rollout.parts = withCause(rollout.parts, parts);
    } finally {
      this.running.delete(first!);
    }
  }

  /** A failed rollout is data: the cause stands in every part, and there is no reward. */
  private failed(error: unknown, latencyMs: number): RewardPart[] {
    const outcome: Outcome =
      error instanceof OverTimeError
        ? { kind: "timeout", message: `no score after ${this.timeoutMs / 1000} s` }
        : { kind: "error", message: error instanceof Error ? error.message : String(error) };
    return this.scorer.names.map((name) => ({ name, outcome, latencyMs }));
  }

  /** `the rewards (2 being scored, the first is row 3, member 1, for 31 s; 4 more in the queue)`, or null where none is awaited. */
  describe(): string | null {
    const [oldest] = this.running;
    if (oldest === undefined) return null;
    const [{ exampleId, member }, asked] = oldest;
    const seconds = Math.round((performance.now() - asked) / 1000);
    const first = `the first is ${exampleId}, member ${member}, for ${seconds} s`;
    return `the rewards (${this.running.size} being scored, ${first}; ${this.queue.size} more in the queue)`;
  }

  /** Forgets what is still in the queue. */
  stop(): void {
    this.queue.clear();
  }
}

/** The parts that are there already, and a failure in place of the others. */
function withCause(there: RewardPart[], failed: RewardPart[]): RewardPart[] {
  return failed.map((part) => there.find(({ name }) => name === part.name) ?? part);
}
