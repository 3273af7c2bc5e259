import { describe, expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { TableEngine } from "../tests/table-engine.ts";
import { aggregations } from "./aggregation/index.ts";
import type { LearnedRollout } from "./grpo-fields.ts";
import { behindPrompts, type LearnedGroup, takeGradient } from "./grpo-update.ts";
import { losses, policyLosses } from "./losses/index.ts";
import { GrpoStage } from "./options.ts";
import { settledFields } from "./presets.ts";

/** Groups of completions of many lengths, one of them masked whole and one in part, with policies that differ. */
function batch(seed = 5): { groups: LearnedGroup[]; logprobs: number[]; entropies: number[] } {
  const random = new Random(seed);
  const draw = (length: number, low: number, high: number) => Float32Array.from({ length }, () => low + (high - low) * random.uniform());
  const logprobs: number[] = [];
  const entropies: number[] = [];
  const rollout = (length: number, masked: boolean): LearnedRollout => {
    const start = logprobs.length;
    const old = draw(length, -2, -0.5);
    logprobs.push(...old.map((lp) => lp + 0.6 * (random.uniform() - 0.5)));
    entropies.push(...draw(length, 0.1, 2));
    const mask = Float32Array.from({ length }, (_, t) => (masked || (length > 4 && t === 2) ? 0 : 1));
    return {
      tokens: Int32Array.from({ length }, (_, t) => start + t),
      mask,
      turns: Float32Array.from({ length }, (_, t) => (t > 2 ? 1 : 0)),
      advantages: new Float32Array(length).fill(2 * random.uniform() - 1),
      sampled: old.map((lp) => lp + 0.2 * (random.uniform() - 0.5)),
      old,
      oldEntropies: null,
      reference: draw(length, -2, -0.5),
      counted: true,
    };
  };
  const groups = [
    [4, 1, 7],
    [3, 5, 2],
    [6, 2, 3],
    [1, 1, 4],
  ].map((lengths, g) => ({
    prompt: { tokens: Int32Array.of(0), pixels: null },
    noiseSeed: g,
    rollouts: lengths.map((length, i) => rollout(length, g === 1 && i === 0)),
  }));
  return { groups, logprobs, entropies };
}

const stageOf = (fields: object): GrpoStage => {
  const given = { name: "rl", kind: "grpo", steps: 1, kl_coef: 0.1, entropy_coef: 0.01, ...fields };
  return GrpoStage.parse({ ...given, ...settledFields(given) });
};

async function gradientOf(stage: GrpoStage, data: ReturnType<typeof batch>, { micro = null as number | null, padding = 0 } = {}) {
  const engine = new TableEngine(data, losses, { padding });
  const coefficients = { kl: stage.kl_coef, entropy: stage.entropy_coef };
  const taken = await takeGradient(data.groups, {
    engine,
    stage: { ...stage, micro_batch_groups: micro },
    coefficients,
    seed: 3,
    policyIsOld: false,
  });
  return { loss: taken!.loss, gradient: [...engine.gradient, ...engine.entropyGradient], forwards: engine.forwards };
}

type Gradient = Awaited<ReturnType<typeof gradientOf>>;

// float64 sums in another order
function expectSame(actual: Gradient, expected: Gradient): void {
  expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-12);
  expected.gradient.forEach((value, i) => {
    expect(Math.abs(actual.gradient[i]! - value), `entry ${i}`).toBeLessThan(1e-12);
  });
}

/** Everything that looks at more than one completion, at once. */
const EVERYTHING = {
  old_logprobs: "recomputed",
  correction: "truncate",
  correction_level: "sequence",
  correction_high: 1.1,
  correction_normalize: true,
  reject: [{ rule: "seq_max_k2", upper: 0.004 }],
  top_entropy: 0.7,
  off_policy_threshold: 0.02,
  entropy_aggregation: "loss",
};

const choices = [
  ...policyLosses.names.map((loss) => ({ loss })),
  { loss: "clip_cov", cov_low: 0, cov_ratio: 0.2 },
  { loss: "kl_cov", cov_ratio: 0.2 },
  ...policyLosses.names.filter((loss) => policyLosses.get(loss).reads.includes("ratio")).map((loss) => ({ loss, ratio: "turn" })),
  ...aggregations.names.flatMap((aggregation) => [
    { aggregation },
    { aggregation, count_masked: false, loss: "gspo" },
    { aggregation, ...EVERYTHING },
  ]),
];

describe.each(choices.map((fields) => [JSON.stringify(fields), fields] as const))("%s", (_, fields) => {
  const stage = stageOf(fields);

  test("micro-batches, order and padding leave loss and gradient as they are", async () => {
    const whole = await gradientOf(stage, batch());
    expect(whole.gradient.some((value) => Math.abs(value) > 1e-4)).toBe(true);
    for (const micro of [1, 2, 3]) expectSame(await gradientOf(stage, batch(), { micro }), whole);
    expectSame(await gradientOf(stage, batch(), { padding: 9 }), whole);
    const turned = batch();
    turned.groups.reverse();
    for (const group of turned.groups) group.rollouts.reverse();
    expectSame(await gradientOf(stage, turned), whole);
  });

  test("a masked completion has no gradient and does not change that of the others, whatever is in it", async () => {
    const whole = await gradientOf(stage, batch());
    const masked = batch().groups[1]!.rollouts[0]!;
    for (const id of masked.tokens) expect(whole.gradient[id]).toBe(0);
    const changed = batch();
    const rollout = changed.groups[1]!.rollouts[0]!;
    rollout.advantages.fill(7);
    for (const own of [rollout.old, rollout.sampled, rollout.reference!]) own.fill(-3);
    for (const id of rollout.tokens) changed.logprobs[id] = -0.1;
    expectSame(await gradientOf(stage, changed), whole);
  });
});

test("only what depends on the policy as it is takes another forward pass, and none where it is known", async () => {
  expect((await gradientOf(stageOf({}), batch())).forwards).toBe(0);
  for (const fields of [{ top_entropy: 0.5 }, { off_policy_threshold: 1 }, { loss: "kl_cov" }]) {
    expect((await gradientOf(stageOf(fields), batch())).forwards).toBe(1);
  }
  const data = batch();
  for (const rollout of data.groups.flatMap(({ rollouts }) => rollouts)) rollout.oldEntropies = rollout.old.map(() => 1);
  const engine = new TableEngine(data, losses);
  const stage = stageOf({ loss: "kl_cov" });
  await takeGradient(data.groups, { engine, stage, coefficients: { kl: 0, entropy: 0 }, seed: 0, policyIsOld: true });
  expect(engine.forwards).toBe(0);
});

test("a loss that prepares itself may ask what the policy says behind other prompts", async () => {
  const data = batch();
  const engine = new TableEngine(data, losses);
  const asked: number[] = [];
  const plain = engine.logprobs.bind(engine);
  engine.logprobs = (rows, options) => {
    asked.push(...rows.map(({ prompt }) => prompt.tokens[0]!));
    return plain(rows, options);
  };
  const behind = behindPrompts(engine, data.groups, stageOf({}));
  const { logprobs, entropies } = await behind((prompt) => ({ ...prompt, tokens: prompt.tokens.map((id) => id + 9) }));
  expect(asked).toEqual([9, 9, 9, 9]);
  expect(data.groups[0]!.prompt.tokens[0]).toBe(0);
  const rollouts = data.groups.flatMap((group) => group.rollouts);
  expect(logprobs.map((own) => own.length)).toEqual(rollouts.map(({ tokens }) => tokens.length));
  expect(entropies[2]![0]).toBe(Math.fround(data.entropies[rollouts[2]!.tokens[0]!]!));
});

test("of an update without a token of mask 1 nothing comes", async () => {
  const data = batch();
  for (const rollout of data.groups.flatMap(({ rollouts }) => rollouts)) rollout.mask.fill(0);
  const context = {
    engine: new TableEngine(data, losses),
    stage: stageOf({}),
    coefficients: { kl: 0, entropy: 0 },
    seed: 0,
    policyIsOld: false,
  };
  expect(await takeGradient(data.groups, context)).toBeNull();
  // nor where every completion is rejected
  const all = batch();
  const stage = stageOf({ reject: [{ rule: "seq_max_k2", upper: 1e-12 }] });
  expect(await takeGradient(all.groups, { ...context, engine: new TableEngine(all, losses), stage })).toBeNull();
});
