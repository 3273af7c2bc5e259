import { describe, expect, test } from "vitest";
import type { TrainRow } from "../../engines/engine.ts";
import { learnedRollouts, type Sampled, tokenRewards, updateRows } from "./learn.ts";

const near = (values: number[]) => values.map((value) => expect.closeTo(value, 6));

describe("what tokens are paid", () => {
  test("the reward comes with the policy's last token, the log-ratio to the reference with each of its own", () => {
    const rollout = {
      mask: Float32Array.of(1, 1, 0, 1, 0),
      oldLogprobs: Float32Array.of(-1, -2, -3, -1, -5),
      refLogprobs: Float32Array.of(-2, -1, -9, -1.5, -9),
      reward: 2,
    };
    // -0.1 * (1, -1, masked, 0.5, masked), and 2 at the fourth
    expect([...tokenRewards(rollout, 0.1)]).toEqual(near([-0.1, 0.1, 0, 1.95, 0]));
    expect([...tokenRewards({ ...rollout, refLogprobs: null }, 0.1)]).toEqual([0, 0, 0, 2, 0]);
  });

  test("nothing where nothing could be scored", () => {
    const blank = { mask: new Float32Array(2), oldLogprobs: Float32Array.of(-1, -1), refLogprobs: Float32Array.of(-2, -2), reward: null };
    expect([...tokenRewards(blank, 1)].map(Math.abs)).toEqual([0, 0]);
  });
});

const row = (tokens: number): TrainRow => ({
  prompt: { tokens: Int32Array.of(1), pixels: null },
  completions: [{ tokens: new Int32Array(tokens), fields: {} }],
});
const sampled = (reward: number | null, tokens: number): Sampled => ({
  row: row(tokens),
  id: `row-${tokens}`,
  mask: new Float32Array(tokens).fill(reward === null ? 0 : 1),
  oldLogprobs: new Float32Array(tokens).fill(-1),
  reward,
});
/** A critic that expects half, and a reference that is the policy. */
const engine = {
  values: async (rows: TrainRow[]) =>
    rows.map(({ completions }) => completions.map(({ tokens }) => new Float32Array(tokens.length).fill(0.5))),
  logprobs: async (rows: TrainRow[]) => {
    const logprobs = rows.map(({ completions }) => completions.map(({ tokens }) => new Float32Array(tokens.length).fill(-1)));
    return { logprobs, entropies: logprobs };
  },
};
const STAGE = { gamma: 1, lambda: 0.5, whiten: false, kl_coef: 0.1, reference: "start" as const };

describe("what a step learns from", () => {
  test("advantages and returns follow from rewards and the critic's values", async () => {
    const [good, bad] = await learnedRollouts(engine, [sampled(1, 3), sampled(0, 2)], STAGE, 1);
    // deltas 0, 0, 1 - 0.5: A = 0.125, 0.25, 0.5; the return is A + V
    expect([...good!.advantages]).toEqual(near([0.125, 0.25, 0.5]));
    expect([...good!.returns]).toEqual(near([0.625, 0.75, 1]));
    expect([...bad!.advantages]).toEqual(near([-0.25, -0.5]));
  });

  test("whitened over all tokens that are learned; what could not be scored has no part in it", async () => {
    const learned = await learnedRollouts(engine, [sampled(1, 1), sampled(null, 4), sampled(0, 1)], { ...STAGE, whiten: true }, 1);
    // 0.5 and -0.5: the mean is 0, the variance with n - 1 below is 0.5
    expect(learned.map(({ advantages }) => [...advantages])).toEqual([near([Math.SQRT1_2]), [0, 0, 0, 0], near([-Math.SQRT1_2])]);
  });

  test("an update is a mean over learned tokens, the value loss beside it by its coefficient", async () => {
    const learned = await learnedRollouts(engine, [sampled(1, 3), sampled(null, 2), sampled(0, 1)], STAGE, 1);
    const fields = updateRows(learned, 0.1).map(({ completions }) => completions[0]!.fields);
    expect(fields.map(({ weights }) => [...weights!])).toEqual([near([0.25, 0.25, 0.25]), [0, 0], near([0.25])]);
    expect([...fields[0]!.valueWeights!]).toEqual(near([0.025, 0.025, 0.025]));
  });
});
