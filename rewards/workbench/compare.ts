import { kendallTau } from "./kendall.ts";
import { moments } from "./stats.ts";

/** How far two rewards agree on the same completions. Only completions that both scored are counted. */
export interface Agreement {
  both: number;
  only_a: number;
  only_b: number;
  mean_a: number | null;
  mean_b: number | null;
  /** Kendall's tau-b, [-1, 1]; null where one of them gives all the same */
  tau: number | null;
  /** share of the completions on the same side of both thresholds */
  agreement: number | null;
  /** counts of completions by side: yes is a score of at least the threshold, a's side first */
  confusion: { yes_yes: number; yes_no: number; no_yes: number; no_no: number };
  thresholds: { a: number; b: number };
  /** indices of the completions that the two rank most differently, furthest first */
  differ: { index: number; a: number; b: number }[];
}

/**
 * Compares scores of two rewards, null where one gave none. Without thresholds each is cut in the middle between its least and largest score. Where they
 * differ most is told by place in the ranking, since their units may have nothing in common.
 */
export function compareScores(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  { thresholds, most = 5 }: { thresholds?: { a?: number | undefined; b?: number | undefined }; most?: number } = {},
): Agreement {
  const pairs = a.flatMap((first, index) => {
    const second = b[index] ?? null;
    return first === null || second === null ? [] : [{ index, a: first, b: second }];
  });
  const [scoresA, scoresB] = [pairs.map((pair) => pair.a), pairs.map((pair) => pair.b)];
  const cut = { a: thresholds?.a ?? middle(scoresA), b: thresholds?.b ?? middle(scoresB) };
  const count = (yesA: boolean, yesB: boolean) => pairs.filter((pair) => pair.a >= cut.a === yesA && pair.b >= cut.b === yesB).length;
  const confusion = { yes_yes: count(true, true), yes_no: count(true, false), no_yes: count(false, true), no_no: count(false, false) };
  const [placesA, placesB] = [midRanks(scoresA), midRanks(scoresB)];
  const apart = pairs.map((pair, i) => ({ pair, gap: Math.abs(placesA[i]! - placesB[i]!) })).filter(({ gap }) => gap > 0);
  return {
    both: pairs.length,
    only_a: a.filter((score, i) => score !== null && (b[i] ?? null) === null).length,
    only_b: b.filter((score, i) => score !== null && (a[i] ?? null) === null).length,
    mean_a: moments(scoresA).mean,
    mean_b: moments(scoresB).mean,
    tau: kendallTau(scoresA, scoresB),
    agreement: pairs.length === 0 ? null : (confusion.yes_yes + confusion.no_no) / pairs.length,
    confusion,
    thresholds: cut,
    differ: apart
      .sort((one, other) => other.gap - one.gap || one.pair.index - other.pair.index)
      .slice(0, most)
      .map(({ pair }) => pair),
  };
}

function middle(scores: readonly number[]): number {
  const { min, max } = moments(scores);
  return ((min ?? 0) + (max ?? 0)) / 2;
}

/** Each value's place, equal ones sharing the middle of theirs: [5, 1, 1] is at [2, 0.5, 0.5]. */
export function midRanks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, j) => values[i]! - values[j]!);
  const ranks = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}
