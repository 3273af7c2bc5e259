import type { Problem } from "./errors.ts";

/** A decoded picture. `data` is row-major RGB, 8 bits a channel: length width * height * 3. Origin top left. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

export type Part = { type: "text"; text: string } | { type: "image"; image: Picture };

export interface Message {
  role: "system" | "user" | "assistant";
  content: Part[];
  /** of a reply of an environment: what it knows of it, see `TurnLog`; no model sees it */
  log?: TurnLog;
}

/**
 * What an environment knows of a turn that it wrote, for rewards: documents it found, the box it cropped, the frames it showed. JSON alone, so
 * that it is recorded with the rollout. `success: false`, or an `error`, says that what the policy asked for failed.
 */
export type TurnLog = Readonly<Record<string, unknown>>;

/**
 * One row of a dataset, checked. `fields` are the row's own columns under their own names; a column named `image` holds a
 * decoded Picture, whatever it was on disk. `id` is unique in the dataset and does not depend on order or seed.
 */
export interface Example {
  id: string;
  fields: Record<string, unknown>;
}

/** What a token is: sampled by the policy, or written by something else. Which roles enter a loss is the recipe's choice. */
export type Role = "policy" | "observation" | "context" | "negative" | "corrected";

/** Why a completion ended: a stop id or string, the token limit, or the environment. */
export type FinishReason = "stop" | "length" | "environment";

/** A stretch of a completion that one role wrote: characters [start, end) of its text, tokens [firstToken, endToken) of its ids. */
export interface TurnSpan {
  role: Role;
  start: number;
  end: number;
  firstToken: number;
  endToken: number;
  log?: TurnLog;
}

/** The same with the text itself. */
export interface Turn extends TurnSpan {
  text: string;
}

/** The score of one step of a completion: the characters [start, end) of its text that took it. */
export interface StepScore {
  /** what the step is, the same for the same step of every sibling: `reading/0` */
  name: string;
  start: number;
  end: number;
  score: number;
}

/** What came of asking one reward about one completion. Only a score is a number; the rest is counted by name. */
export type Outcome =
  | { kind: "score"; score: number; metrics?: Record<string, number>; steps?: StepScore[] }
  | { kind: "not_applicable" }
  | { kind: "timeout"; message: string }
  | { kind: "error"; message: string };

/** The recorded outcome of one reward, with the time it took. */
export interface RewardPart {
  name: string;
  outcome: Outcome;
  latencyMs: number;
}

/** One finished episode. Token ids are the record; `text` is a view of them. */
export interface Rollout {
  /** the example it came from */
  exampleId: string;
  /** index of the prompt in its step (P), and of the completion in its group (G) */
  group: number;
  member: number;
  seed: number;
  /** version of the policy that sampled the tokens: the number of optimizer steps it had taken */
  policyVersion: number;
  promptTokens: Int32Array;
  /** [T] ids, their logprobs in nats under the distribution they were sampled from, and their roles */
  tokens: Int32Array;
  logprobs: Float32Array;
  roles: Role[];
  /** the prompt as rendered, and the completion decoded without special tokens */
  promptText: string;
  text: string;
  /** who wrote which stretch of the text; not known of rollouts from before it was recorded */
  turns?: readonly TurnSpan[];
  finish: FinishReason;
  /** where the picture can be found again: a path, or `dataset:<id>` */
  pictureRef: string | null;
  /** milliseconds from the start of the step */
  startedMs: number;
  finishedMs: number;
  parts: RewardPart[];
  /** what the parts add up to, shaped as the recipe says; null where nothing could be scored */
  reward: number | null;
  /** the raw score of the part that the recipe calls the outcome; null where it has none */
  outcome: number | null;
  /** filled in by the trainer: the mean over the completion's tokens */
  advantage: number | null;
}

/** The rollouts of one prompt, in member order. */
export interface Group {
  example: Example;
  rollouts: Rollout[];
}

/** What a scorer is asked about: one finished completion of one example. */
export interface ScoreRequest {
  example: Example;
  completion: string;
  tokens: number;
  finish: FinishReason;
  /** [T] ids and logprobs, for rewards that need them */
  tokenIds?: Int32Array;
  logprobs?: Float32Array;
  /** who wrote what; a single turn of the policy's unless given */
  turns?: readonly TurnSpan[];
}

/** What came of it: the parts, what they add up to, and the raw score of the one that is the outcome. Nulls where there is none. */
export interface Scored {
  parts: RewardPart[];
  reward: number | null;
  outcome?: number | null;
}

/** The recipe's rewards, composed. Never throws for what a policy wrote. */
export interface Scorer {
  /** some parts wait for judges, who have time limits of their own: let many completions wait at once */
  waits?: boolean;
  /** names of the parts, in the recipe's order */
  names: string[];
  /** those of them that enter the reward: of positive or negative weight, and not log-only */
  counted: string[];
  /** what is wrong with an example's targets, for the dataset's own error; empty where nothing is */
  check(example: Example): Promise<string[]>;
  /** Asked once a completion. Where some parts look at the whole group, they are not among these, and there is no reward yet. */
  score(request: ScoreRequest): Promise<Scored>;
  /** There where some parts look at the whole group: asked once all of its completions are scored, adds those parts and the reward. */
  scoreGroup?(requests: readonly ScoreRequest[], scored: readonly Scored[]): Promise<Scored[]>;
  /** Told of every rollout as it is recorded, whatever came of scoring it. */
  record?(rollout: Rollout): void;
  /** What is wrong with rewards that failed for more rollouts since the last call than the recipe allows; forgets what it counted. */
  takeFailing?(): Problem[];
  /** version of each part's reward, by the part's name */
  versions?: Record<string, number>;
  /** the row's field that holds each part's target, by the part's name */
  targets?: Record<string, string>;
  close(): Promise<void>;
}
