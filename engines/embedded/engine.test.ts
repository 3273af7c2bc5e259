import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { gradientGap } from "../../tests/decoder-fixture.ts";
import { type EngineFixture, engineFixture, GRPO_OPTIONS, seededCompletion } from "../../tests/engine-fixture.ts";
import { skippedUpdate } from "../../trainers/not-finite.ts";
import type { LossSpec, TrainRow } from "../engine.ts";
import { gradientNorm } from "./adamw.ts";

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

const STEP = { lr: 1e-3, betas: [0.9, 0.999] as [number, number], eps: 1e-8, weight_decay: 0.01, max_grad_norm: 1 };
const GRPO: LossSpec = {
  name: "grpo",
  options: GRPO_OPTIONS,
  temperature: 0.8,
};
/** the ratio of whole completions */
const GSPO: LossSpec = { ...GRPO, name: "gspo", options: { ...GRPO.options, ratio: "sequence", clip_low: 2, clip_high: 20 } };
const NLL: LossSpec = { name: "cross_entropy", options: {}, temperature: 1 };

/** Rows with pictures and without, prompts and completions of many lengths. */
function rows(): TrainRow[] {
  const random = new Random(11);
  const { prompts, textPrompt, policy } = fixture;
  const row = (prompt: TrainRow["prompt"], lengths: number[]): TrainRow => ({
    prompt,
    completions: lengths.map((length) => seededCompletion(random, length, policy.model.vocab)),
  });
  return [row(prompts[0]!, [3, 9, 17, 1]), row(prompts[1]!, [5, 2, 8]), row(prompts[2]!, [6, 6, 6, 6]), row(textPrompt, [4, 11])];
}

/** Loss and gradient of calls made one after the other. */
async function gradientOf(calls: TrainRow[][], spec: LossSpec) {
  const engine = fixture.engine();
  let loss = 0;
  for (const call of calls) loss += (await engine.forwardBackward(call, spec)).loss;
  const gradients = (await engine.heldGradients())!;
  await engine.close();
  return { loss, gradients };
}
type Result = Awaited<ReturnType<typeof gradientOf>>;

// float32 sums of some hundred terms in another order: 1e-7 each, with room for cancellation
const TOLERANCE = 2e-5;

function expectSame(actual: Result, expected: Result): void {
  expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(expected.loss)));
  expect(gradientGap(actual.gradients, expected.gradients)).toBeLessThan(TOLERANCE);
}

describe("a gradient", () => {
  test.each([GRPO, GSPO, NLL])(
    "of $name is the same for a group behind one prompt and for each completion in a row of its own",
    async (spec) => {
      const grouped = await gradientOf([rows()], spec);
      const plain = rows().flatMap(({ prompt, completions }) => completions.map((completion) => ({ prompt, completions: [completion] })));
      expectSame(grouped, await gradientOf([plain], spec));
    },
  );

  test.each([GRPO, GSPO])("of $name does not depend on micro-batches and the order of rows", async (spec) => {
    const whole = await gradientOf([rows()], spec);
    const [a, b, c, d] = rows() as [TrainRow, TrainRow, TrainRow, TrainRow];
    expectSame(await gradientOf([[d, c, b, a]], spec), whole);
    expectSame(await gradientOf([[c], [a, d], [b]], spec), whole);
    const siblings = { ...a, completions: [...a.completions].reverse() };
    expectSame(await gradientOf([[siblings, b, c, d]], spec), whole);
  });

  test("does not feel a completion of weight 0, whatever is in it", async () => {
    const masked = (seed: number): TrainRow => {
      const [row] = rows() as [TrainRow];
      const other = seededCompletion(new Random(seed), 7, fixture.policy.model.vocab);
      for (const name of ["weights", "klWeights", "entropyWeights", "mask"]) other.fields[name]!.fill(0);
      return { ...row, completions: [row.completions[0]!, other, row.completions[1]!] };
    };
    const [row] = rows() as [TrainRow];
    const without = await gradientOf([[{ ...row, completions: row.completions.slice(0, 2) }]], GRPO);
    const [first, second] = [await gradientOf([[masked(1)]], GRPO), await gradientOf([[masked(2)]], GRPO)];
    expectSame(first, without);
    expectSame(second, without);
  });

  test("feels every completion of a positive weight", async () => {
    // what the properties above would miss if the engine computed nothing of the kind
    const changed = rows();
    changed[0]!.completions[2]!.tokens[16]! ^= 1;
    expect(gradientGap((await gradientOf([changed], GRPO)).gradients, (await gradientOf([rows()], GRPO)).gradients)).toBeGreaterThan(1e-3);
  });
});

describe.each(["host", "device"] as const)("with its state on the %s an update", (state) => {
  const engineOf = () => fixture.engine({ state });
  const weightsNow = async (engine: ReturnType<EngineFixture["engine"]>) => {
    const now: Record<string, Float32Array> = {};
    for (const { name } of fixture.policy.model.parameters) now[name] = (await engine.parameter(name))!.slice();
    return now;
  };

  test("by a gradient that is not finite is skipped and changes nothing, not even the next one", async () => {
    const [engine, other] = [engineOf(), engineOf()];
    const broken = rows();
    broken[1]!.completions[0]!.fields.weights![2] = Number.POSITIVE_INFINITY;
    await engine.forwardBackward(broken, NLL);
    const { gradNorm, skipped } = await engine.optimStep(STEP);
    expect({ finite: Number.isFinite(gradNorm), skipped }).toEqual({ finite: false, skipped: true });
    const said = await skippedUpdate(engine, broken, NLL, (row, member) => `row ${row}/${member}`);
    expect(said).toBe("the gradient is not finite, the update was skipped; it is that of row 1/0");
    expect(await weightsNow(engine)).toEqual(fixture.weights);
    for (const one of [engine, other]) {
      await one.forwardBackward(rows(), NLL);
      expect((await one.optimStep(STEP)).skipped).toBe(false);
    }
    expect(await weightsNow(engine)).toEqual(await weightsNow(other));
    expect(await weightsNow(engine)).not.toEqual(fixture.weights);
    await Promise.all([engine.close(), other.close()]);
  });

  test("by a gradient held while others are looked at is the same as without", async () => {
    const [engine, other] = [engineOf(), engineOf()];
    for (const one of [engine, other]) await one.forwardBackward(rows(), NLL);
    const norms = await engine.gradientNorms(rows(), NLL);
    for (const one of [engine, other]) await one.optimStep(STEP);
    expect(await weightsNow(engine)).toEqual(await weightsNow(other));
    const alone = await Promise.all(rows().map(async (row) => gradientNorm(Object.values((await gradientOf([[row]], NLL)).gradients))));
    // squares are added up in float32 on a device
    expect(norms).toEqual(state === "host" ? alone : alone.map((norm) => expect.closeTo(norm, 5)));
    await Promise.all([engine.close(), other.close()]);
  });

  test("leaves snapshots alone; a frozen parameter stays", async () => {
    const engine = engineOf();
    await engine.snapshot("reference");
    const before = await engine.logprobs(rows(), { temperature: 1, policy: "current" });
    await engine.forwardBackward(rows(), NLL);
    await engine.optimStep({ ...STEP, lr: 0.01, lr_scale: { vision_model: 0 } });
    expect(await engine.logprobs(rows(), { temperature: 1, policy: "reference" })).toEqual(before);
    expect(await engine.logprobs(rows(), { temperature: 1, policy: "current" })).not.toEqual(before);
    const now = await weightsNow(engine);
    for (const [name, values] of Object.entries(now)) {
      if (name.includes("vision_model")) expect(values, name).toEqual(fixture.weights[name]);
    }
    await engine.dropSnapshot("reference");
    await expect(engine.logprobs(rows(), { temperature: 1, policy: "reference" })).rejects.toThrow('there is no snapshot "reference"');
    await expect(engine.optimStep(STEP)).rejects.toThrow("call forwardBackward first");
    await engine.close();
  });

  test("with muon trains every matrix of a block, the rest as without", async () => {
    const [engine, plain] = [engineOf(), engineOf()];
    for (const one of [engine, plain]) await one.forwardBackward(rows(), NLL);
    await engine.optimStep({ ...STEP, muon: { lr: 0.01, momentum: 0.95, ns_steps: 5, weight_decay: 0 } });
    await plain.optimStep(STEP);
    const [now, then] = [await weightsNow(engine), await weightsNow(plain)];
    for (const { name, shape } of fixture.policy.model.parameters) {
      if (shape.length === 2 && name.includes("layers.")) {
        expect(now[name], name).not.toEqual(then[name]);
        // an orthogonal step is about the root of the rank long; few rows leave some directions of a gradient nearly empty
        const moved = Math.hypot(...now[name]!.map((value, i) => value - fixture.weights[name]![i]!));
        const [longer, shorter] = [Math.max(...shape), Math.min(...shape)];
        const length = 0.01 * Math.sqrt(shorter) * (shape[0] === longer ? Math.sqrt(longer / shorter) : 1);
        expect(moved / length, name).toBeGreaterThan(0.2);
        expect(moved / length, name).toBeLessThan(1.3);
      } else {
        // beside Muon it is the host that steps; AdamW divides by the gradient's own size, which float32 rounds
        const least = Math.min(...now[name]!.map((value, i) => Number(Math.abs(value - then[name]![i]!) < 1e-6)));
        if (state === "host") expect(now[name], name).toEqual(then[name]);
        else expect(least, name).toBe(1);
      }
    }
    await Promise.all([engine.close(), plain.close()]);
  });

  const muon = { lr: 0.01, momentum: 0.95, ns_steps: 5, weight_decay: 0.01 };
  const adafactor = { eps: [1e-30, 1e-3] as [number, number], clip_threshold: 1, decay_rate: -0.8, beta1: 0.9, scale_parameter: true };
  test.each([
    ["adamw", STEP],
    ["muon", { ...STEP, muon }],
    ["adafactor", { ...STEP, adafactor }],
    ["muon and adafactor", { ...STEP, muon, adafactor }],
  ])("by %s after saving and loading is the one that would have come without", async (_, step) => {
    const folder = await mkdtemp(join(tmpdir(), "vlrl-engine-"));
    const [engine, resumed] = [engineOf(), engineOf()];
    const update = async (one: typeof engine) => {
      await one.forwardBackward(rows(), NLL);
      await one.optimStep(step);
    };
    await engine.snapshot("reference");
    await update(engine);
    await engine.saveState(folder, { optimizer: true });
    await resumed.loadState(folder, { optimizer: true });
    await Promise.all([update(engine), update(resumed)]);
    expect(await weightsNow(resumed)).toEqual(await weightsNow(engine));
    const reference = { temperature: 1, policy: "reference" };
    expect(await resumed.logprobs(rows(), reference)).toEqual(await engine.logprobs(rows(), reference));
    await Promise.all([engine.close(), resumed.close()]);
    await rm(folder, { recursive: true });
  });
});
