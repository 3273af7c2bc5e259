import { z } from "zod";
import type { Picture } from "../../core/types.ts";
import type { Failure } from "../define.ts";
import type { Judges } from "./define.ts";

/** What every reward that asks a judge may be told. */
export const judgeOptions = {
  judge: z.string().min(1).describe("a name of the recipe's judges"),
  pictures: z.boolean().default(false).describe("show the judge the row's pictures"),
};

/** Answers that can't be read are asked for again, as other samples, this many times. */
const TRIES = 3;

/** A judge that gave no answer which can be used: what the outcome is then, and why. */
export class JudgeFailed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message);
    // by this name an outcome is told to be a timeout
    this.name = failure.kind === "timeout" ? "TimeoutError" : "JudgeFailed";
  }
}

/** What a reward hands on of its input and options. */
export interface Asking {
  judges: Judges;
  pictures: readonly Picture[];
  options: { judge: string; pictures: boolean };
}

/**
 * Asks the judge of the options until an answer can be read, `sample` telling apart answers to the same question. Throws JudgeFailed where the
 * judge fails, or never says what it was asked for.
 */
export async function askFor<T>(
  { judges, pictures, options }: Asking,
  prompt: string,
  read: (text: string) => T | null,
  sample = 0,
): Promise<T> {
  const judge = judges.get(options.judge);
  let said = "";
  for (let i = 0; i < TRIES; i++) {
    const answer = await judge.ask({ prompt, pictures: options.pictures ? pictures : [], sample: sample * TRIES + i });
    if (answer.kind !== "answer") throw new JudgeFailed({ kind: answer.kind, message: answer.message });
    const value = read(answer.text);
    if (value !== null) return value;
    said = answer.text;
  }
  throw new JudgeFailed({ kind: "error", message: `the judge's answer can't be read: ${JSON.stringify(said.slice(-120))}` });
}
