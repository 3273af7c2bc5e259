import { z } from "zod";
import { agreement, Compare } from "./compare.ts";
import { findSteps, type Step, StepFinder } from "./find-steps.ts";

/** A reference chain: what the steps should say, in order. */
export const Chain = z
  .array(z.union([z.number().transform(String), z.string().regex(/\S/, "expected text that is not blank")]))
  .min(1)
  .max(200);

/** Options of every reward that holds steps against a chain. */
export const chainOptions = { ...StepFinder.shape, ...Compare.shape };

/** The steps of a completion, how many there were, and how well each agrees with each expected one: [given][expected] in [0, 1]. */
export function heldAgainst(
  completion: string,
  chain: readonly string[],
  options: StepFinder & Compare,
): { steps: Step[]; count: number; weights: number[][] } {
  const { steps, count } = findSteps(completion, options);
  const texts = steps.map(({ text }) => text);
  return { steps, count, weights: agreement(texts, chain, options) };
}
