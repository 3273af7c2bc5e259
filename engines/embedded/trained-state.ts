import type { OptimizerStep } from "../engine.ts";
import type { Feed, Session } from "../executor.ts";

export type Arrays = Record<string, Float32Array>;

/** Trained parameters by name, as they are fed. */
export type TrainedFeeds = Readonly<Record<string, Feed>>;

export interface StepResult {
  /** norm over all gradients, before they are clipped */
  gradNorm: number;
  /** the gradient was not finite: nothing changed */
  skipped: boolean;
}

/** The trained weights, the gradient that is held, and what an optimizer remembers: on the host, or on the executor's device. */
export interface TrainedState {
  feeds(): Promise<TrainedFeeds>;
  /** Runs one pass of a loss graph. Its gradients are added to those that are held, its other outputs given. */
  pass(session: Session, feeds: Readonly<Record<string, Feed>>): Promise<Arrays>;
  /** Norm of what these passes add up to; the gradient that is held stays as it is. */
  apart(passes: () => Promise<unknown>): Promise<number>;
  readonly holdsGradient: boolean;
  /** An optimizer step on the gradient that is held, and then no more. */
  step(options: OptimizerStep): Promise<StepResult>;
  /** Forgets gradient, moments and step. */
  reset(): Promise<void>;
  /** The held gradient by parameter, null where there is none. Copies where the state is not the host's. */
  gradient(): Promise<Readonly<Arrays> | null>;
  /** Brings the host's arrays up to date: those of the policy's weights, which it was made with. */
  fetch(): Promise<void>;
  /** The host's arrays were written to: they are the weights now. */
  reload(): Promise<void>;
  /** Values of now, to be fed until they are dropped. */
  snapshot(): Promise<TrainedFeeds>;
  /** The same of weights that were read. */
  hold(weights: Arrays): Promise<TrainedFeeds>;
  drop(snapshot: TrainedFeeds): void;
  /** What the optimizer remembers, in a folder's file. */
  save(folder: string): Promise<void>;
  load(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** What a loss graph calls a parameter's gradient. */
export const gradientOf = (name: string): string => `grad:${name}`;
