import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { judged } from "../../tests/judged.ts";
import { sampleStd } from "./define.ts";
import { gae } from "./gae.ts";
import { advantages } from "./index.ts";
import { AdvantageFields } from "./options.ts";
import { groupRelative } from "./relative.ts";

test.each(["group", "batch", "none"] as const)(
  "with scale %s a group's advantages sum to 0 and rank as its rewards do",
  (scale_rewards) => {
    const random = new Random(9);
    const rewards = Array.from({ length: 6 }, () => Array.from({ length: 8 }, () => random.uniform()));
    const groups = rewards.map((group) => group.map((score) => ({ score, compared: true })));
    groupRelative(groups, AdvantageFields.parse({ scale_rewards })).forEach((relative, g) => {
      // float64 sums of eight numbers of size 1
      expect(relative.reduce((sum, a) => sum + a, 0)).toBeCloseTo(0, 12);
      const order = (values: number[]) => values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
      expect(order(relative)).toEqual(order(rewards[g]!));
    });
  },
);

test("sampleStd has Bessel's correction", () => {
  expect(sampleStd([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
  expect(sampleStd([3])).toBe(0);
});

/** Groups whose every rollout has one reward of weight 1. */
const groupsOf = (rewards: (number | null)[][]) =>
  rewards.map((group) => group.map((reward, i) => judged(reward, { tokens: 2 + i, parts: [{ name: "r", weight: 1, score: reward }] })));

test.each(advantages.names.map((name) => [name]))("%s: nothing for a rollout without a reward, finite for all", (name) => {
  const { estimate, defaults } = advantages.get(name);
  const options = { ...AdvantageFields.parse({}), ...defaults };
  for (const rewards of [
    [[1, 0, null, 0.5]],
    [[null, null]],
    [[1], [0]],
    [[1, 1, 1]],
    [
      [1, 0],
      [null, 1],
    ],
  ]) {
    const groups = groupsOf(rewards);
    const estimated = estimate(groups, options);
    groups.forEach((group, g) => {
      group.forEach(({ reward, tokens }, i) => {
        const own = estimated[g]![i]!;
        expect(own).toHaveLength(tokens);
        expect(own.every(Number.isFinite)).toBe(true);
        if (reward === null) expect([...own].map(Math.abs)).toEqual(Array(tokens).fill(0));
      });
    });
  }
});

const GROUPS = [
  [1, 0, 0.5, 0.25],
  [0, 2, 1, 0],
];
test.each(advantages.names.map((name) => [name]))("%s does not depend on the order of groups and siblings", (name) => {
  const { estimate, defaults } = advantages.get(name);
  const options = { ...AdvantageFields.parse({}), ...defaults };
  const groups = groupsOf(GROUPS);
  const plain = estimate(groups, options);
  const turned = estimate(
    [...groups].reverse().map((group) => [...group].reverse()),
    options,
  );
  turned.reverse();
  plain.forEach((group, g) => {
    group.forEach((own, i) => {
      // float32, sums in another order
      turned[g]![group.length - 1 - i]!.forEach((value, t) => {
        expect(value).toBeCloseTo(own[t]!, 5);
      });
    });
  });
});

test("gae carries values and advantages over tokens that the policy did not choose", () => {
  const on = Float32Array.of(1, 0, 1);
  const { advantages: a, returns } = gae(
    { rewards: Float32Array.of(0, 9, 1), values: Float32Array.of(0.5, 7, 0.25), mask: on },
    { gamma: 0.5, lambda: 0.5 },
  );
  // last: 1 - 0.25 = 0.75; first: 0.5 * 0.25 - 0.5 + 0.25 * 0.75 = -0.1875
  expect([...a]).toEqual([-0.1875, 0, 0.75]);
  expect([...returns]).toEqual([0.3125, 0, 1]);
});
