import { expect, test } from "vitest";
import { decoderWeights, fullAdapter, smallDecoder, textRows } from "../../tests/decoder-fixture.ts";
import { losses } from "../../trainers/losses/index.ts";
import type { TrainRow } from "../engine.ts";
import { constant, input, type Tensor } from "../graph/build.ts";
import { type Tensor as GraphTensor, topological } from "../graph/tensor.ts";
import { runReference } from "../reference/run.ts";
import { type Adapter, adapterParameters, DropoutNoise, noiseSeed, type RowScope } from "./adapter.ts";
import { EmbeddedEngine } from "./engine.ts";
import { noiseSeeds, planPasses } from "./pass.ts";
import { policyOf } from "./policy.ts";

const P = 0.25;
const WIDTH = 64;
const adapters: Adapter[] = ["one", "two"].map((layer) => ({
  layer,
  rank: 2,
  scaling: 1,
  dropout: P,
  down: `${layer}.A`,
  up: `${layer}.B`,
}));
const model = {
  parameters: ["one", "two"].map((layer) => ({ name: `${layer}.weight`, shape: [8, WIDTH], init: { kind: "zeros" as const } })),
};
const noise = new DropoutNoise(adapters, adapterParameters(model, adapters));

function inputNames(outputs: Tensor[]): string[] {
  return topological(outputs)
    .filter(({ op }) => op === "input")
    .map((tensor) => (tensor as GraphTensor<"input">).attributes.name);
}

/** What becomes of ones [rows, WIDTH] in front of each of the two layers. */
function dropped(seed: number, tokens: number[], { pictures = [] as number[], scope = { of: "tokens", at: null } as RowScope } = {}) {
  const inGraph = noise.inGraph(tokens.length);
  const rows = scope.of === "pictures" ? pictures.length * 3 : (scope.at?.shape[0] ?? tokens.length);
  const ones = constant(new Float64Array(rows * WIDTH).fill(1), [rows, WIDTH]);
  const [one, two] = adapters.map((adapter) => inGraph(adapter, ones, scope)) as [Tensor, Tensor];
  return runReference({ one, two }, { ...noise.feeds(inputNames([one, two]), seed, tokens, pictures), at: [2, 0] });
}

const TOKENS = 4000;
const owners = Array.from({ length: TOKENS }, (_, t) => noiseSeed(7, t));
/** Of each entry: how far its being dropped is from what is expected, a number of mean 0 and variance 1. */
const centred = (values: ArrayLike<number>) => Float64Array.from(values, (v) => ((v === 0 ? 1 : 0) - P) / Math.sqrt(P * (1 - P)));

test("the share of dropped inputs is p, and the others are scaled up for them", () => {
  for (const values of Object.values(dropped(3, owners))) {
    const zeros = values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
    const all = TOKENS * WIDTH;
    // any two entries are independent, so that the count has the variance of a binomial one: five standard deviations
    expect(Math.abs(zeros - P * all)).toBeLessThan(5 * Math.sqrt(all * P * (1 - P)));
    expect(new Set(values)).toEqual(new Set([0, 1 / (1 - P)]));
  }
});

test("each feature is dropped at about that share of the tokens, and each token at that of updates", () => {
  const { one } = dropped(3, owners);
  for (let i = 0; i < WIDTH; i++) {
    let zeros = 0;
    for (let t = 0; t < TOKENS; t++) if (one[t * WIDTH + i] === 0) zeros++;
    expect(Math.abs(zeros - P * TOKENS), `feature ${i}`).toBeLessThan(5 * Math.sqrt(TOKENS * P * (1 - P)));
  }
  const updates = 2000;
  let zeros = 0;
  for (let seed = 0; seed < updates; seed++) if (dropped(seed, [owners[0]!]).one[5] === 0) zeros++;
  expect(Math.abs(zeros - P * updates)).toBeLessThan(5 * Math.sqrt(updates * P * (1 - P)));
});

test("two layers drop independently", () => {
  const { one, two } = dropped(3, owners);
  const [a, b] = [centred(one), centred(two)];
  const correlation = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length;
  // the mean of products that are pairwise uncorrelated, of variance 1 each
  expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(a.length));
});

test("two tokens drop independently", () => {
  // the same feature of neighbours, whose numbers differ by one
  const z = centred(dropped(3, owners).one);
  let total = 0;
  for (let t = 0; t + 1 < TOKENS; t++) for (let i = 0; i < WIDTH; i++) total += z[t * WIDTH + i]! * z[(t + 1) * WIDTH + i]!;
  // For one pair of tokens all features share the distance of the two, so that a pair counts as one draw: of a variance of at most
  // (2p / 3 - p^2) / (1 - p)^2, how much the overlap of two intervals of length p varies, and 1 / WIDTH for the features.
  const variance = ((2 * P) / 3 - P * P) / (1 - P) ** 2 + 1 / WIDTH;
  expect(Math.abs(total / WIDTH / (TOKENS - 1))).toBeLessThan(5 * Math.sqrt(variance / (TOKENS - 1)));
});

test("two features of a token drop independently", () => {
  // as above, with the parts of rows and columns exchanged: each pair of columns is one draw
  const z = centred(dropped(3, owners).one);
  let total = 0;
  for (let t = 0; t < TOKENS; t++) for (let i = 0; i + 1 < WIDTH; i++) total += z[t * WIDTH + i]! * z[t * WIDTH + i + 1]!;
  const variance = ((2 * P) / 3 - P * P) / (1 - P) ** 2 + 1 / TOKENS;
  expect(Math.abs(total / TOKENS / (WIDTH - 1))).toBeLessThan(5 * Math.sqrt(variance / (WIDTH - 1)));
});

test("some of the tokens drop what they drop among all", () => {
  const all = dropped(3, owners.slice(0, 4)).one;
  const some = dropped(3, owners.slice(0, 4), { scope: { of: "tokens", at: input("at", [2], "int") } }).one;
  const row = (t: number) => [...all.subarray(t * WIDTH, (t + 1) * WIDTH)];
  expect([...some]).toEqual([...row(2), ...row(0)]);
});

test("rows of a picture drop the same whichever place it has in the pass", () => {
  const scope: RowScope = { of: "pictures" };
  const both = dropped(3, [1], { pictures: [11, 13], scope }).one;
  const size = 3 * WIDTH;
  expect([...dropped(3, [1], { pictures: [13, 11], scope }).one]).toEqual([...both.subarray(size), ...both.subarray(0, size)]);
  expect([...dropped(3, [1, 2], { pictures: [13], scope }).one]).toEqual([...both.subarray(size)]);
  expect([...both.subarray(0, size)]).not.toEqual([...both.subarray(size)]);
});

/** What every token of the rows drops, by row, completion and token. */
function droppedBy(rows: TrainRow[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const pass of planPasses(rows, smallDecoder())) {
    const { row, member, token } = pass.tokens;
    const { one, two } = dropped(17, noiseSeeds(rows, pass).tokens);
    row.forEach((r, i) => {
      if (r < 0) return;
      const mask = [one, two].map((values) => [...values.subarray(i * WIDTH, (i + 1) * WIDTH)].map((v) => (v === 0 ? 1 : 0)).join(""));
      out.set([rows[r]!.noise_seed, member[i], token[i]].join(), mask.join());
    });
  }
  return out;
}

test("a row of one seed drops the same in any batch and any order; every token of every row drops something else", () => {
  const rows = textRows(61);
  const together = droppedBy(rows);
  expect(new Set(together.values()).size).toBe(together.size);
  const [a, b, c, d] = rows as [TrainRow, TrainRow, TrainRow, TrainRow];
  for (const batches of [
    [[d, c, b, a]],
    [[a], [b], [c], [d]],
    [
      [c, a],
      [d, b],
    ],
  ]) {
    let found = 0;
    for (const batch of batches) {
      for (const [whose, mask] of droppedBy(batch)) {
        // padding behind a completion depends on the batch and reaches nothing
        if (!together.has(whose)) continue;
        expect(mask, whose).toBe(together.get(whose));
        found++;
      }
    }
    expect(found).toBe(together.size);
  }
});

test('the policy "base" is the model without its adapter, bit for bit', async () => {
  const decoder = smallDecoder();
  const adapted = policyOf(decoder, { adapters: fullAdapter(decoder, 0.3) });
  const weights = decoderWeights(adapted);
  const own = Object.fromEntries(decoder.parameters.map(({ name }) => [name, weights[name]!.slice()]));
  const store = { exact: true, write: async () => {}, read: async () => {} };
  const engine = new EmbeddedEngine(adapted, weights, losses, store, { slots: 1, threads: 1 });
  const alone = new EmbeddedEngine(policyOf(decoder), own, losses, store, { slots: 1, threads: 1 });
  const rows = textRows(61);
  const of = (one: EmbeddedEngine, policy: string) => one.logprobs(rows, { temperature: 0.8, policy });
  const expected = await of(alone, "current");
  expect(await of(engine, "base")).toEqual(expected);
  const before = await of(engine, "current");
  const gap = before.logprobs.flat().reduce((most, values, i) => {
    const other = expected.logprobs.flat()[i]!;
    return values.reduce((m, value, t) => Math.max(m, Math.abs(value - other[t]!)), most);
  }, 0);
  expect(gap).toBeGreaterThan(0.01);

  await engine.forwardBackward(rows, { name: "cross_entropy", options: {}, temperature: 1 });
  await engine.optimStep({ lr: 1e-2, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, max_grad_norm: 1 });
  expect(await of(engine, "base")).toEqual(expected);
  expect(await of(engine, "current")).not.toEqual(before);
  await Promise.all([engine.close(), alone.close()]);
});
