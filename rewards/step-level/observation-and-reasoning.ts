import { z } from "zod";
import type { StepScore } from "../../core/types.ts";
import type { Observations } from "./observations.ts";

export const ObservationOptions = z.strictObject({
  format_weight: z.number().min(0).default(1).describe("what good form is worth"),
  pairs_required: z.boolean().default(false).describe("whether good form needs an observation"),
});
export type ObservationOptions = z.infer<typeof ObservationOptions>;

/** What judges said; a role that was not asked, for want of something to ask about, is null. */
export interface ObservationVerdicts {
  /** the answer is right */
  correct: boolean;
  /** [pairs] whether each observation is true to the video's caption */
  observed: readonly boolean[];
  /** the observations alone lead to the right answer */
  sufficient: boolean;
}

/**
 * Observation and reasoning: correct * (1 + share of true observations + whether they suffice) + form.
 *
 * Range [0, 3 + format_weight]. A wrong answer is paid for its form alone, whatever was observed; without an answer it is wrong. Without pairs
 * both terms are 0, and no judge needs to be asked. Null where there is not one verdict a pair: the judge failed.
 * Steps: each pair, from the action to the end of its observation, 1 or 0.
 * Source: ReWatch-R1 (ICLR 2026), O&R; the weight of the form and what a completion without pairs gets are not published.
 */
export function observationAndReasoning(
  { pairs, answer, wellFormed }: Observations,
  { correct, observed, sufficient }: ObservationVerdicts,
  { format_weight, pairs_required }: ObservationOptions,
): { score: number; steps: StepScore[]; metrics: { observation: number; reasoning: number; format: number } } | null {
  if (observed.length !== pairs.length) return null;
  const observation = pairs.length === 0 ? 0 : observed.filter(Boolean).length / pairs.length;
  const reasoning = pairs.length > 0 && sufficient ? 1 : 0;
  const format = wellFormed && (pairs.length > 0 || !pairs_required) ? 1 : 0;
  const right = correct && answer !== null ? 1 : 0;
  return {
    score: right * (1 + observation + reasoning) + format_weight * format,
    steps: pairs.map((pair, i) => ({
      name: `observation/${i}`,
      start: pair.action.start,
      end: pair.observation.end,
      score: observed[i] ? 1 : 0,
    })),
    metrics: { observation, reasoning, format },
  };
}
