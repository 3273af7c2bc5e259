import type { Outcome, Scored } from "../../core/types.ts";

/** What a part, or the whole reward, did over some completions. Scores in the part's own units, times in milliseconds. */
export interface PartStats {
  name: string;
  scored: number;
  not_applicable: number;
  errors: number;
  timeouts: number;
  /** null where nothing was scored */
  mean: number | null;
  std: number | null;
  min: number | null;
  max: number | null;
  /** over what was asked; null where nothing was, and for the whole reward */
  p50_ms: number | null;
  p95_ms: number | null;
}

/** Each part in order, and `reward` first. */
export function statsOf(scored: readonly Scored[]): PartStats[] {
  const names = [...new Set(scored.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const rewards = scored.flatMap(({ reward }) => (reward === null ? [] : [reward]));
  const whole = { name: "reward", scored: rewards.length, not_applicable: scored.length - rewards.length, errors: 0, timeouts: 0 };
  return [
    { ...whole, ...moments(rewards), p50_ms: null, p95_ms: null },
    ...names.map((name): PartStats => {
      const parts = scored.flatMap(({ parts: all }) => all.filter((part) => part.name === name));
      const count = (kind: Outcome["kind"]) => parts.filter(({ outcome }) => outcome.kind === kind).length;
      const times = parts.map(({ latencyMs }) => latencyMs).filter((ms) => ms > 0);
      return {
        name,
        scored: count("score"),
        not_applicable: count("not_applicable"),
        errors: count("error"),
        timeouts: count("timeout"),
        ...moments(parts.flatMap(({ outcome }) => (outcome.kind === "score" ? [outcome.score] : []))),
        p50_ms: quantile(times, 0.5),
        p95_ms: quantile(times, 0.95),
      };
    }),
  ];
}

/** Mean, sample standard deviation (0 of a single value), least and largest. */
export function moments(values: readonly number[]): { mean: number | null; std: number | null; min: number | null; max: number | null } {
  if (values.length === 0) return { mean: null, std: null, min: null, max: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const [min, max] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity] as [
    number,
    number,
  ]);
  return { mean, std: Math.sqrt(square / Math.max(1, values.length - 1)), min, max };
}

/** The smallest value that is at least as large as a share of them; null of none. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

export interface Bin {
  low: number;
  high: number;
  count: number;
}

/** How many values lie in each of so many bins of one width, [low, high) and the last one closed; a single bin where all are equal. */
export function histogram(values: readonly number[], bins = 10): Bin[] {
  const { min, max } = moments(values);
  if (min === null || max === null) return [];
  if (min === max) return [{ low: min, high: max, count: values.length }];
  const width = (max - min) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - min) / width))]!++;
  return counts.map((count, i) => ({ low: min + i * width, high: i === bins - 1 ? max : min + (i + 1) * width, count }));
}

/** Why a case is worth a look. */
export interface Strange {
  /** index of the case */
  index: number;
  part: string;
  why: "error" | "timeout" | "slow" | "outlier" | "not_applicable";
  detail: string;
}

/** Standard deviations from the mean from which a score is an outlier. */
const FAR = 3;

/** For each part: what failed, the slowest, the scores furthest from the mean, and what did not apply; `each` of every kind at most. */
export function strangest(scored: readonly Scored[], each = 3): Strange[] {
  const names = [...new Set(scored.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  return names.flatMap((part) => {
    const cells = scored.flatMap(({ parts }, index) => parts.filter(({ name }) => name === part).map((cell) => ({ index, ...cell })));
    const of = (why: "error" | "timeout"): Strange[] =>
      cells.flatMap(({ index, outcome }) => (outcome.kind === why ? [{ index, part, why, detail: outcome.message }] : [])).slice(0, each);
    const scores = cells.flatMap(({ index, outcome }) => (outcome.kind === "score" ? [{ index, score: outcome.score }] : []));
    const { mean, std } = moments(scores.map(({ score }) => score));
    const distance = (score: number) => (std === null || std === 0 ? 0 : Math.abs(score - mean!) / std);
    const outliers = scores.filter(({ score }) => distance(score) > FAR).sort((a, b) => distance(b.score) - distance(a.score));
    const median =
      quantile(
        cells.map(({ latencyMs }) => latencyMs),
        0.5,
      ) ?? 0;
    const slow = cells.filter(({ latencyMs }) => latencyMs > Math.max(1, 2 * median)).sort((a, b) => b.latencyMs - a.latencyMs);
    return [
      ...of("error"),
      ...of("timeout"),
      ...slow.slice(0, each).map(({ index, latencyMs }): Strange => ({ index, part, why: "slow", detail: `${latencyMs.toFixed(1)} ms` })),
      ...outliers.slice(0, each).map(
        ({ index, score }): Strange => ({
          index,
          part,
          why: "outlier",
          detail: `${score}, ${distance(score).toFixed(1)} standard deviations from the mean`,
        }),
      ),
      ...cells
        .filter(({ outcome }) => outcome.kind === "not_applicable")
        .slice(0, each)
        .map(({ index }): Strange => ({ index, part, why: "not_applicable", detail: "" })),
    ];
  });
}
