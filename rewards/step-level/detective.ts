import { z } from "zod";

export const DetectiveOptions = z.strictObject({
  budget: z.int().min(1).default(8).describe("frames that one retrieval may bring"),
  retrieval: z.enum(["recall", "precision"]).default("recall").describe("recall: of the code; precision: as the paper words it"),
});
export type DetectiveOptions = z.infer<typeof DetectiveOptions>;

/** One round: frames that were newly shown, by index, and what the policy said each matters, 1 to 5; an empty map where that could not be read. */
export interface DetectiveRound {
  shown: readonly number[];
  scores: ReadonlyMap<number, number>;
}

/**
 * How well the policy tells evidence from the rest: the mean over the rounds of |said ∩ true| / |said ∪ true|, over frames of 4 and more, or over those
 * of 3 and more where the policy or the labels have none of 4. A round without frames of 3 and more on either side is not counted.
 *
 * Shapes: `labels` [frames] 1 to 5. Range [0, 1]; 0 where no round is counted. Source: Conan (arXiv:2510.20470), code. A round whose scores could not be
 * read keeps its place, where the code shifts those after it.
 */
export function frameIdentification(rounds: readonly DetectiveRound[], labels: readonly number[]): number {
  return mean(roundScores(rounds, labels).filter((score) => score !== null));
}

/** [rounds] the overlap of each, null for one that is not counted: credit for the text of its scores. */
export function roundScores(rounds: readonly DetectiveRound[], labels: readonly number[]): (number | null)[] {
  return rounds.map(({ shown, scores }) => {
    const [said4, true4] = [atLeast(shown, 4, (frame) => scores.get(frame)), atLeast(shown, 4, (frame) => labels[frame])];
    if (said4.size > 0 && true4.size > 0) return overlap(said4, true4);
    const [said3, true3] = [atLeast(shown, 3, (frame) => scores.get(frame)), atLeast(shown, 3, (frame) => labels[frame])];
    return said3.size > 0 || true3.size > 0 ? overlap(said3, true3) : null;
  });
}

/**
 * What each retrieval brought, the mean over the rounds after the first. Recall: evidence (4 and more) among the new frames / min(evidence never shown
 * before, budget), the same with 3 and more where it brought no evidence, else 0. Precision: frames of 3 and more / new frames. Range [0, 1]; null without
 * a retrieval. Source: Conan (arXiv:2510.20470).
 */
export function frameRetrieval(
  rounds: readonly DetectiveRound[],
  labels: readonly number[],
  { budget, retrieval }: DetectiveOptions,
): number | null {
  const seen = new Set(rounds[0]?.shown);
  const values = rounds.slice(1).map(({ shown }) => {
    const fresh = [...new Set(shown)].filter((frame) => !seen.has(frame));
    const share = (least: number) => {
      const left = labels.filter((label, frame) => label >= least && !seen.has(frame)).length;
      return atLeast(fresh, least, (frame) => labels[frame]).size / Math.max(1, Math.min(left, budget));
    };
    const value =
      retrieval === "precision" ? atLeast(fresh, 3, (frame) => labels[frame]).size / Math.max(1, fresh.length) : share(4) || share(3);
    for (const frame of fresh) seen.add(frame);
    return Math.min(1, value);
  });
  return values.length === 0 ? null : mean(values);
}

/**
 * 0.5 * format + outcome + identification + retrieval, the last two only where the outcome is above 0; without a retrieval identification
 * stands in for it. Range [0, 3.5]. Source: Conan (arXiv:2510.20470), AIR rewards.
 */
export function detectiveReward(
  { format, outcome, rounds, labels }: { format: boolean; outcome: number; rounds: readonly DetectiveRound[]; labels: readonly number[] },
  options: DetectiveOptions,
): number {
  const form = format ? 0.5 : 0;
  if (outcome <= 0) return form;
  const identification = frameIdentification(rounds, labels);
  return form + outcome + identification + (frameRetrieval(rounds, labels, options) ?? identification);
}

function atLeast(frames: readonly number[], least: number, of: (frame: number) => number | undefined): Set<number> {
  return new Set(frames.filter((frame) => (of(frame) ?? 0) >= least));
}

function overlap(a: Set<number>, b: Set<number>): number {
  const both = [...a].filter((frame) => b.has(frame)).length;
  return both / (a.size + b.size - both);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
