import { describe, expect, test } from "vitest";
import { afterStep, afterUpdate, appliedEntropy, initialControl } from "./controllers.ts";
import { GrpoStage } from "./options.ts";

const stage = (fields: object) => GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, ...fields });

describe("the entropy coefficient", () => {
  const steered = stage({ entropy_coef: 0.01, entropy_target: 0.2 });
  test("grows by 0.005 below the target and is applied from the next update on", () => {
    const start = initialControl(steered);
    expect(appliedEntropy(start, steered)).toBe(0);
    const low = afterUpdate(start, 0.1, steered);
    expect(low.entropy).toBeCloseTo(0.015, 12);
    expect(appliedEntropy(low, steered)).toBe(low.entropy);
  });
  test("falls above the target, and waits", () => {
    const high = afterUpdate(initialControl(steered), 0.3, steered);
    expect(high.entropy).toBeCloseTo(0.005, 12);
    expect(appliedEntropy(high, steered)).toBe(0);
  });
  test("stays within 0 and 1", () => {
    expect(afterUpdate({ kl: 0, entropy: 0.002, lastEntropy: null }, 1, steered).entropy).toBe(0);
    expect(afterUpdate({ kl: 0, entropy: 0.999, lastEntropy: null }, 0, steered).entropy).toBe(1);
  });
  test("without a target is what it is", () => {
    const fixed = stage({ entropy_coef: 0.01 });
    expect(appliedEntropy(afterUpdate(initialControl(fixed), 0.1, fixed), fixed)).toBe(0.01);
  });
});

test("numbers that are none steer nothing", () => {
  const both = stage({ kl_coef: 0.1, kl_target: 0.1, entropy_coef: 0.01, entropy_target: 0.2 });
  const start = initialControl(both);
  expect(afterUpdate(start, Number.NaN, both)).toEqual(start);
  expect(afterStep(start, Number.POSITIVE_INFINITY, 8, both)).toEqual(start);
});

describe("the KL coefficient", () => {
  const steered = stage({ kl_coef: 0.1, kl_target: 0.1, kl_horizon: 1000 });
  test.each([
    [0.11, 0.1 * (1 + (0.1 * 50) / 1000)], // a tenth above the target
    [5, 0.1 * (1 + (0.2 * 50) / 1000)], // bounded
    [0, 0.1 * (1 - (0.2 * 50) / 1000)],
    [0.1, 0.1],
  ])("after a KL of %d", (kl, expected) => {
    expect(afterStep(initialControl(steered), kl, 50, steered).kl).toBeCloseTo(expected, 12);
  });
  test("without a target is what it is", () => {
    expect(afterStep(initialControl(stage({ kl_coef: 0.1 })), 5, 50, stage({})).kl).toBe(0.1);
  });
});
