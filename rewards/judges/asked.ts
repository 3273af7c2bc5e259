import { z } from "zod";
import type { Failure } from "../define.ts";
import type { Judge, JudgeQuestion } from "./define.ts";

/** What every reward that asks a judge may be told. */
export const judgeOptions = {
  judge: z.string().min(1).describe("a name of the recipe's judges"),
  pictures: z.boolean().default(false).describe("show the judge the row's pictures"),
};

/** Answers that can't be read are asked for again, as other samples, this many times. */
const TRIES = 3;

/** Asks until an answer can be read. A judge that fails, or never says what it was asked for, is a failure of the verifier. */
export async function askFor<T>(
  judge: Judge,
  question: JudgeQuestion,
  read: (text: string) => T | null,
): Promise<{ read: T } | { failure: Failure }> {
  let said = "";
  for (let i = 0; i < TRIES; i++) {
    const answer = await judge.ask({ ...question, sample: (question.sample ?? 0) * TRIES + i });
    if (answer.kind !== "answer") return { failure: { kind: answer.kind, message: answer.message } };
    const value = read(answer.text);
    if (value !== null) return { read: value };
    said = answer.text;
  }
  return { failure: { kind: "error", message: `the judge's answer can't be read: ${JSON.stringify(said.slice(-120))}` } };
}
