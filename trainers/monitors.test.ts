import { describe, expect, test } from "vitest";
import type { Rollout } from "../core/types.ts";
import { Monitors, monitorMetrics } from "./monitors.ts";

function rollout(scores: Record<string, number | null>, reward: number | null, outcome: number | null): Rollout {
  const parts = Object.entries(scores).map(([name, score]) => ({
    name,
    outcome: score === null ? ({ kind: "not_applicable" } as const) : ({ kind: "score", score } as const),
    latencyMs: 1,
  }));
  return { parts, reward, outcome } as Partial<Rollout> as Rollout;
}

describe("metrics of one step", () => {
  test("shares of the variance within groups, the outcome's left out", () => {
    // reward = answer + format. Group one: answer 1 0, format 0 1, both rewards 1: its rewards don't vary, its scores do.
    // Group two: answer 1 0, format 1 0, rewards 2 0. Relative to groups: format -1/2 1/2 | 1/2 -1/2, reward 0 0 | 1 -1
    // xx = 4 / 4 = 1, xy = 1/2 + 1/2 = 1, yy = 2: share 1 / 2
    const groups = [
      [rollout({ answer: 1, format: 0 }, 1, 1), rollout({ answer: 0, format: 1 }, 1, 0)],
      [rollout({ answer: 1, format: 1 }, 2, 1), rollout({ answer: 0, format: 0 }, 0, 0)],
    ];
    expect(monitorMetrics(groups)).toEqual({
      "monitor/collapsed_groups": 0.5,
      "monitor/variance_share/format": 0.5,
      "monitor/outcome_std": 0.5,
    });
  });

  test("what differs between prompts alone is not variance of the reward", () => {
    // each group has a level of its own, and format follows the level, not the reward
    const groups = [0, 10].map((level) => [
      rollout({ answer: 0, format: level }, level, 0),
      rollout({ answer: 1, format: level }, level + 1, 1),
    ]);
    expect(monitorMetrics(groups)).not.toHaveProperty("monitor/variance_share/format");
  });

  test("nothing scored, nothing that varies, nothing at all", () => {
    expect(monitorMetrics([[rollout({ a: null }, null, null)]])).toEqual({ "monitor/collapsed_groups": 1 });
    expect(monitorMetrics([])).toEqual({});
  });
});

/** Observes steps one after the other and says at which there was a warning. */
function warningsOf(rows: Record<string, unknown>[], monitors = new Monitors()): [number, string][] {
  return rows.flatMap((row, i) => monitors.observe(row).warnings.map((warning): [number, string] => [i + 1, warning]));
}
const steps = (count: number, row: (step: number) => Record<string, unknown>) => Array.from({ length: count }, (_, i) => row(i + 1));

describe("warnings", () => {
  test("a part that dominates, after five steps on end, and again only after it did not", () => {
    const dominated = { "monitor/variance_share/format": 0.9 };
    const found = warningsOf([...steps(8, () => dominated), { "monitor/variance_share/format": 0.5 }, ...steps(5, () => dominated)]);
    expect(found.map(([step]) => step)).toEqual([5, 14]);
    expect(found[0]![1]).toBe(
      'for 5 steps now "format" decides 90 % of the reward\'s variance, and is not the outcome. Should it weigh less?',
    );
    // four, and a break, and four
    expect(warningsOf([...steps(4, () => dominated), {}, { "monitor/variance_share/format": 0.1 }, ...steps(4, () => dominated)])).toEqual(
      [],
    );
  });

  test("groups that collapse", () => {
    expect(warningsOf(steps(6, () => ({ "monitor/collapsed_groups": 0.9 }))).map(([step]) => step)).toEqual([5]);
    expect(warningsOf(steps(20, () => ({ "monitor/collapsed_groups": 0.8 })))).toEqual([]);
  });

  test("length drift, longer and shorter", () => {
    // 10 steps of 100, then of 250: from step 20 on there are ten behind; the fifth step on end is the 24th
    const longer = steps(30, (step) => ({ "completions/mean_length": step <= 10 ? 100 : 250 }));
    const monitors = new Monitors();
    const drifts = longer.map((row) => monitors.observe(row).metrics["monitor/length_drift"]);
    expect(drifts.slice(17, 21)).toEqual([undefined, undefined, 2.5, 2.5]);
    expect(warningsOf(longer).map(([step]) => step)).toEqual([24]);
    expect(warningsOf(steps(30, (step) => ({ "completions/mean_length": step <= 10 ? 100 : 40 })))[0]![1]).toContain("0.4 times as long");
    expect(warningsOf(steps(30, (step) => ({ "completions/mean_length": step <= 10 ? 100 : 190 })))).toEqual([]);
  });

  const course = (outcomeAfter: number) =>
    steps(30, (step) => ({
      reward: step <= 10 ? 1 : 1.5,
      reward_std: 0.5,
      "reward/outcome/mean": step <= 10 ? 0.4 : outcomeAfter,
      "monitor/outcome_std": 0.5,
    }));

  test("a reward that rises while the outcome does not", () => {
    // the reward by (1.5 - 1) / 0.5 = 1, the outcome by (0.42 - 0.4) / 0.5 = 0.04
    const found = warningsOf(course(0.42));
    expect(found.map(([step]) => step)).toEqual([24]);
    expect(found[0]![1]).toContain("risen by 1.0 standard deviations and the outcome by 0.0");
    // by 0.2: it learns
    expect(warningsOf(course(0.5))).toEqual([]);
  });

  test("a stage that is resumed goes on as if it had not stopped, without saying again what was said", () => {
    const rows = course(0.4);
    const whole = new Monitors();
    const metrics = rows.map((row) => whole.observe(row).metrics);
    for (const stop of [3, 15, 23, 25]) {
      const resumed = Monitors.after(rows.slice(0, stop));
      const after = rows.slice(stop).map((row) => resumed.observe(row));
      expect(after.map((one) => one.metrics)).toEqual(metrics.slice(stop));
      expect(after.flatMap(({ warnings }) => warnings)).toHaveLength(stop < 24 ? 1 : 0);
    }
  });

  test("steps without rewards, as those of SFT, say nothing", () => {
    const monitors = new Monitors();
    expect(steps(40, (step) => ({ loss: 1 / step, reward: null })).map((row) => monitors.observe(row))).toEqual(
      Array(40).fill({ metrics: {}, warnings: [] }),
    );
  });
});
