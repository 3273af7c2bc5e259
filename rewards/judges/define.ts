import type { Picture } from "../../core/types.ts";

/** One question to a judge: text, perhaps with pictures. */
export interface JudgeQuestion {
  prompt: string;
  pictures?: readonly Picture[];
  /** which of several answers to the same question is wanted: 0 the first, 1 another one */
  sample?: number;
}

/** What a judge said, or why it said nothing. */
export type JudgeAnswer = { kind: "answer"; text: string } | { kind: "timeout" | "error"; message: string };

/** Somebody who answers questions in text: a served model, one of our own, a rule, a record. Never throws. */
export interface Judge {
  /** what its answers depend on besides the question: a change of it is another judge */
  readonly identity: Readonly<Record<string, unknown>>;
  ask(question: JudgeQuestion): Promise<JudgeAnswer>;
  close?(): Promise<void>;
}

/** A recipe's judges by their names. */
export interface Judges {
  /** Throws UserError for a name that the recipe does not have. */
  get(name: string): Judge;
}

/** Judges as whoever opened them has them. */
export interface OpenJudges extends Judges {
  /** Gives back what they hold, such as a local model. */
  close(): Promise<void>;
}
