import type { Scored } from "../../core/types.ts";
import { moments } from "./stats.ts";

/** A part before and after: means over what each time gave a score. A part that is only there once has nothing on the other side. */
export interface PartChange {
  name: string;
  before: number | null;
  after: number | null;
  /** completions whose score, or whose having one, is another */
  changed: number;
}

export interface Rescored {
  rows: number;
  parts: PartChange[];
  /** indices of the completions whose reward changed most, furthest first */
  examples: number[];
}

/** Numbers that differ by rounding of the file or of the sum alone. */
const SAME = 1e-9;

/** The reward first, then each part by name. */
export function compareScorings(before: readonly Scored[], after: readonly Scored[], most = 5): Rescored {
  const names = [...new Set([...before, ...after].flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const gap = (i: number) => Math.abs((after[i]!.reward ?? 0) - (before[i]!.reward ?? 0));
  const moved = [...before.keys()].filter((i) => differ(before[i]!.reward, after[i]!.reward));
  return {
    rows: before.length,
    parts: [
      change(
        "reward",
        before.map(({ reward }) => reward),
        after.map(({ reward }) => reward),
      ),
      ...names.map((name) =>
        change(
          name,
          before.map((scored) => scoreOf(scored, name)),
          after.map((scored) => scoreOf(scored, name)),
        ),
      ),
    ],
    examples: moved.sort((i, j) => gap(j) - gap(i) || i - j).slice(0, most),
  };
}

function change(name: string, before: readonly (number | null)[], after: readonly (number | null)[]): PartChange {
  const mean = (values: readonly (number | null)[]) => moments(values.filter((value) => value !== null)).mean;
  return { name, before: mean(before), after: mean(after), changed: before.filter((value, i) => differ(value, after[i]!)).length };
}

function differ(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a !== b : Math.abs(a - b) > SAME * Math.max(1, Math.abs(a));
}

/** A part's score, null where it gave none or is not there. */
export function scoreOf({ parts }: Scored, name: string): number | null {
  const outcome = parts.find((part) => part.name === name)?.outcome;
  return outcome?.kind === "score" ? outcome.score : null;
}
