import type { z } from "zod";
import type { FinishReason, Outcome, Picture, Role, StepScore, Turn, TurnLog } from "../core/types.ts";
import type { Judges } from "./judges/define.ts";
import { type ToolUse, toolUses } from "./tools.ts";
import { policyText } from "./turns.ts";

/** What a reward sees of one finished completion. */
export interface RewardInput<Target, Options = unknown> {
  /**
   * decoded text of the completion, special tokens left out. Where others than the policy wrote there are as many line feeds, so that nobody is paid for
   * what an environment said, unless the reward `reads` all
   */
  completion: string;
  /** the example's target field, checked by the reward's schema when the dataset was read */
  target: Target;
  /** what the recipe's `options` say, checked by the reward's own schema */
  options: Options;
  /** all of the example's fields, for rewards that read more than their target; what was computed for a row beforehand is one of them */
  example: Readonly<Record<string, unknown>>;
  exampleId: string;
  /** the run's seed, for rewards that need random numbers; a reward draws from nothing else */
  seed: number;
  /** number of tokens sampled */
  tokens: number;
  finish: FinishReason;
  /** the completion cut where another role goes on writing; a single turn of role `policy` where nothing but the policy wrote */
  turns: readonly Turn[];
  /** the tools that the policy called, each with what the environment answered: see `toolUses`; read from the turns when first asked for */
  tools: readonly ToolUse[];
}

/** What a reward is given only if its `needs` name it: it costs memory, or the time to copy it to a thread. */
export interface Needed {
  /** the example's pictures, in the order of its fields; a list of pictures counts one by one */
  pictures: readonly Picture[];
  /** [T] ids of the completion's tokens, and their logprobs in nats; a turn's are those from `firstToken` to `endToken` */
  tokenIds: Int32Array;
  logprobs: Float32Array;
  /** the recipe's judges */
  judges: Judges;
}

export type Need = keyof Needed;

/** The input of a reward with these needs. */
export type InputWith<Target, Options, Needs extends Need> = RewardInput<Target, Options> & Pick<Needed, Needs>;

/**
 * A number, "not applicable" as null, or a number with metrics beside it and, for a reward that judges steps, the score of each with its
 * place in the text. What can't judge throws: an error, or a timeout where the error is called TimeoutError, as those of AbortSignal are.
 */
export type RewardReturn = number | null | { score: number; metrics?: Record<string, number>; steps?: StepScore[] };

/** A score, or null, for each turn that the policy wrote, in their order. Null for all where the reward does not apply. */
export type TurnReturn = readonly (number | null)[] | null;

/** What could not be judged, and why: a judge without an answer, a renderer that broke. Never for a poor completion. */
export type Failure = Extract<Outcome, { message: string }>;

/** A value for each member of the group, in their order; a failure is that member's alone. */
export type GroupReturn = readonly (RewardReturn | Failure)[];

/** A completion with what it scores: shown in docs/reward-gallery.md and by `vlrl reward show`, run by a test, and an honest answer to an audit. */
export interface RewardExample {
  /** a text, or who wrote which stretch of it, in order, and what the environment knew of its own */
  completion: string | readonly (readonly [role: Role, text: string, log?: TurnLog])[];
  /** as the row's field holds it; left out where the reward reads none */
  target?: unknown;
  options?: Readonly<Record<string, unknown>>;
  /** more fields of the row */
  fields?: Readonly<Record<string, unknown>>;
  /** how many were sampled; one a character unless given */
  tokens?: number;
  /** the other completions of the prompt, for a reward of the group */
  siblings?: readonly string[];
  /** what any judge answers */
  judge?: string;
  /** to nine digits; null where the reward does not apply */
  score: number | null;
}

interface RewardBase<Target, Options, Needs extends Need> {
  name: string;
  /** schema of the target; a row whose target does not fit is refused when the dataset is read */
  target: z.ZodType<Target>;
  /** the example field that holds the target unless the recipe names another */
  field: string;
  /** schema of the options a recipe may give; without one it may give none */
  options?: z.ZodType<Options>;
  /** the lowest and highest score; one outside is an error, since it would be a bug of the reward */
  range?: readonly [low: number, high: number];
  /** 1 unless given; raise it when the same completion may get another score. It is recorded with the run. */
  version?: number;
  needs?: readonly Needs[];
  /** worked examples, one that earns much among them; each reward of this package has some */
  examples?: readonly RewardExample[];
  /** "all" for a reward whose `completion` is to hold what others wrote too, such as a judge's; "policy" unless given */
  reads?: "policy" | "all";
  /** for what is slow, or may hang: it runs in a thread that is ended at the recipe's `timeout_ms`, as users' files do */
  isolate?: boolean;
}

/** A reward: a pure function from a finished completion and the example's target to a score. Asked as soon as the completion ends. */
export interface RewardDefinition<Target = unknown, Options = unknown, Needs extends Need = Need>
  extends RewardBase<Target, Options, Needs> {
  scope?: "completion";
  score(input: InputWith<Target, Options, Needs>): RewardReturn | Promise<RewardReturn>;
}

/** Scores each turn that the policy wrote. The part's score is their mean, or sum; turns scored null are left out of both. */
export interface TurnReward<Target = unknown, Options = unknown, Needs extends Need = Need> extends RewardBase<Target, Options, Needs> {
  scope: "turn";
  /** "mean" unless given */
  combine?: "mean" | "sum";
  score(input: InputWith<Target, Options, Needs>): TurnReturn | Promise<TurnReturn>;
}

/** Scores all completions of a prompt together, once the last has ended: one value a member, in their order. */
export interface GroupReward<Target = unknown, Options = unknown, Needs extends Need = Need> extends RewardBase<Target, Options, Needs> {
  scope: "group";
  score(members: readonly InputWith<Target, Options, Needs>[]): GroupReturn | Promise<GroupReturn>;
}

/** A reward of any scope. */
export type AnyReward<Target = unknown, Options = unknown, Needs extends Need = Need> =
  | RewardDefinition<Target, Options, Needs>
  | TurnReward<Target, Options, Needs>
  | GroupReward<Target, Options, Needs>;

export type Scope = NonNullable<AnyReward["scope"]>;

/** Checks a reward's types and gives it back as it is. `scope` says what its `score` sees: a completion unless given. */
export function defineReward<Target, Options = unknown, Needs extends Need = never>(
  definition: GroupReward<Target, Options, Needs>,
): GroupReward<Target, Options, Needs>;
export function defineReward<Target, Options = unknown, Needs extends Need = never>(
  definition: TurnReward<Target, Options, Needs>,
): TurnReward<Target, Options, Needs>;
export function defineReward<Target, Options = unknown, Needs extends Need = never>(
  definition: RewardDefinition<Target, Options, Needs>,
): RewardDefinition<Target, Options, Needs>;
export function defineReward(definition: AnyReward): AnyReward {
  return definition;
}

/** An input with everything but the given parts filled in, for trying a reward by hand or in a test; as a reward sees it that reads the policy alone. */
export function rewardInput<Target, Options = unknown>(
  given: { completion: string; target: Target } & Partial<RewardInput<Target, Options> & Needed>,
): RewardInput<Target, Options> & Needed {
  const { completion } = given;
  const turns = given.turns ?? [
    { role: "policy", text: completion, start: 0, end: completion.length, firstToken: 0, endToken: completion.length },
  ];
  const full: RewardInput<Target, Options> & Needed = {
    options: {} as Options,
    example: {},
    exampleId: "example",
    seed: 0,
    tokens: completion.length,
    finish: "stop",
    turns,
    tools: toolUses(turns),
    pictures: [],
    tokenIds: new Int32Array(0),
    logprobs: new Float32Array(0),
    judges: {
      get: (name) => {
        throw new Error(`no judge "${name}": give rewardInput judges of your own`);
      },
    },
    ...given,
  };
  return { ...full, completion: policyText(full) };
}

export type { Outcome };
