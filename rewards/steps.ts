import { z } from "zod";
import type { StepScore } from "../core/types.ts";
import { defineReward } from "./define.ts";
import { parseTrace } from "./parse.ts";

/**
 * Share of reasoning steps that are right, for "read the digits, then add them up".
 *
 * The expected steps of n true digits are n readings, then n - 1 partial sums: reading i, the number before the i-th `<box>`,
 * is digit i; partial sum j is `a+b=c` with a the sum of digits 0 to j, b digit j + 1 and c their sum. Sums are held against
 * the true digits: one that follows correctly from a misread digit is wrong, and one copied right is right.
 *
 *   score = right steps / max(expected, given)
 *
 * Every `<box>` and every `=` is a given step, so extra ones cost. Order counts.
 * Target: a list of objects with a `digit`, in reading order; at least one.
 * Steps: each reading (its number) and each partial sum, 1 or 0.
 * Metrics: `readings` and `sums`, right ones as a share of those expected (1 where none are); `first_error`, index of the first
 * expected step that is wrong or missing, divided by the number of expected steps, 1 when there is none.
 * Source: this project.
 */
export const steps = defineReward({
  name: "steps",
  target: z.array(z.object({ digit: z.int().min(0) })).min(1, "expected at least one digit"),
  field: "digits",
  range: [0, 1],
  examples: [
    { completion: "3<box>0,0,9,9</box> 7<box>9,0,18,9</box> 3+7=10", target: [{ digit: 3 }, { digit: 7 }], score: 1 },
    { completion: "3<box>0,0,9,9</box> 1<box>9,0,18,9</box> 3+1=4", target: [{ digit: 3 }, { digit: 7 }], score: 1 / 3 },
  ],
  score({ completion, target }) {
    const trace = parseTrace(completion);
    const running = runningSums(target.map(({ digit }) => digit));
    const readings = target.map(({ digit }, i) => trace.readings[i] === digit);
    const sums = running.map(({ a, b, c }, j) => {
      const given = trace.sums[j];
      return given?.a === a && given.b === b && given.c === c;
    });
    const expected = [...readings, ...sums];
    const given = trace.readings.length + trace.sums.length;
    const firstError = expected.indexOf(false);
    return {
      score: right(expected) / Math.max(expected.length, given),
      steps: [...placed("reading", trace.readingPlaces, readings), ...placed("sum", trace.sumPlaces, sums)],
      metrics: {
        readings: right(readings) / readings.length,
        sums: sums.length === 0 ? 1 : right(sums) / sums.length,
        first_error: firstError < 0 ? 1 : firstError / expected.length,
      },
    };
  },
});

function runningSums([first = 0, ...rest]: number[]): { a: number; b: number; c: number }[] {
  let total = first;
  return rest.map((b) => {
    const a = total;
    total += b;
    return { a, b, c: total };
  });
}

/** Every given step with its place; one beyond those expected is wrong. */
function placed(kind: string, places: [number, number][], marks: boolean[]): StepScore[] {
  return places.map(([start, end], i) => ({ name: `${kind}/${i}`, start, end, score: marks[i] ? 1 : 0 }));
}

function right(marks: boolean[]): number {
  return marks.filter(Boolean).length;
}
