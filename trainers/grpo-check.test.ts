import { expect, test } from "vitest";
import { assertOnPolicy, mismatchOf } from "./grpo-check.ts";
import type { LearnedGroup, LearnedSequence } from "./grpo-update.ts";
import { GrpoStage } from "./options.ts";
import type { StageContext } from "./runner.ts";

const stageOf = (fields: object = {}) => GrpoStage.parse({ name: "rl", kind: "grpo", steps: 1, ...fields });

/** A completion whose second token is masked, with the ratio trainer / sampler of the first. */
function sequence(ratio: number): LearnedSequence {
  const mask = Float32Array.of(1, 0);
  const sampled = Float32Array.of(-1, -9);
  const values = { logprobs: Float32Array.of(-1 + Math.log(ratio), -1) };
  return { rollout: { mask, sampled, old: sampled } as LearnedSequence["rollout"], fields: {}, values };
}

function checked(sequences: LearnedSequence[], fields: object = {}, { noisy = false, behind = [0] } = {}): string[] {
  const warnings: string[] = [];
  assertOnPolicy(
    sequences,
    stageOf(fields),
    { stage: "rl", noisy, warn: (message: string) => warnings.push(message) } as unknown as StageContext,
    4,
    behind,
  );
  return warnings;
}

test("a mean ratio of 1 is as it should be", () => {
  expect(checked([sequence(1), sequence(1 + 5e-6)])).toEqual([]);
  expect(checked([])).toEqual([]);
});

test("another one is warned of, or an error, or nobody's business", () => {
  const off = [sequence(1), sequence(1.001)];
  expect(checked(off)).toEqual([
    expect.stringMatching(/^step 5: the policy that is trained is not the one that sampled: mean ratio 1\.0005/),
  ]);
  expect(() => checked(off, { ratio_check: "error" })).toThrow("recipe: stages.rl.ratio_check: step 5: the policy that is trained");
  expect(checked(off, { ratio_check: "off" })).toEqual([]);
});

test("nothing is checked where the sampler drew from another distribution, or training drops out", () => {
  const off = [sequence(2)];
  for (const sampling of [{ temperature: 0 }, { top_k: 5 }, { top_p: 0.9 }, { min_p: 0.1 }]) expect(checked(off, { sampling })).toEqual([]);
  expect(checked(off, {}, { noisy: true })).toEqual([]);
});

test("nor where the sampler was behind, if only for some of the rollouts", () => {
  expect(checked([sequence(2)], { ratio_check: "error" }, { behind: [0, 2] })).toEqual([]);
});

test("the gap is that of the first update, or of the whole step where the old logprobs were recomputed", () => {
  const first = [sequence(2)];
  expect(mismatchOf([], first, stageOf())["rollout_corr/kl"]).toBeCloseTo(-Math.log(2), 6);
  const rollout = { ...sequence(1).rollout, old: Float32Array.of(-1 + Math.log(4), -9) };
  const groups = [{ rollouts: [rollout] }] as unknown as LearnedGroup[];
  const metrics = mismatchOf(groups, first, stageOf({ old_logprobs: "recomputed", correction: "truncate" }));
  expect(metrics["rollout_corr/kl"]).toBeCloseTo(-Math.log(4), 6);
  expect(metrics["sampling/importance_sampling_ratio/max"]).toBe(2);
});
