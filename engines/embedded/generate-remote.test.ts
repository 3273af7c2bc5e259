import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { openModel } from "../../models/open.ts";
import { decoderWeights, fullAdapter, smallDecoder } from "../../tests/decoder-fixture.ts";
import { type EngineFixture, engineFixture, PLAIN, sampled } from "../../tests/engine-fixture.ts";
import { losses } from "../../trainers/losses/index.ts";
import type { EncodedPrompt, SampleRequest, SamplingOptions } from "../engine.ts";
import type { Executor } from "../executor.ts";
import { OnnxExecutor } from "../onnx/executor.ts";
import { ReferenceExecutor } from "../reference/executor.ts";
import { TfjsExecutor } from "../tfjs/executor.ts";
import { EmbeddedEngine } from "./engine.ts";
import { stepsPerRun } from "./generate-remote.ts";
import { policyOf } from "./policy.ts";

const ROOT = join(import.meta.dirname, "..", "..");
let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

type Decoding = "host" | "device";
type Make = (decoding: Decoding) => EmbeddedEngine;
type Completions = Awaited<ReturnType<typeof sampled>>["completions"];

/** Three completions of each prompt. */
function requestOf(prompts: EncodedPrompt[], change: Partial<SamplingOptions> = {}, members = 3): SampleRequest {
  const seeds = prompts.map((_, p) => Array.from({ length: members }, (_, member) => 1000 * p + member));
  return { prompts, seeds, sampling: { ...PLAIN, ...change } };
}

async function sample(make: Make, decoding: Decoding, request: SampleRequest): Promise<Completions> {
  const engine = make(decoding);
  const { completions, count } = await sampled(engine, request);
  expect(count).toBe(request.seeds.flat().length);
  await engine.close();
  return completions;
}

/** Equal tokens and ends; logprobs to 1e-5: sums of float32 in another order. */
function expectSame(actual: Completions, expected: Completions): void {
  const ends = (of: Completions) => of.map((group) => group.map(({ tokens, finish }) => ({ tokens, finish })));
  expect(ends(actual)).toEqual(ends(expected));
  const logprobs = (of: Completions) => of.flat().flatMap((one) => one.logprobs);
  const [a, b] = [logprobs(actual), logprobs(expected)];
  expect(a.length).toBe(b.length);
  a.forEach((value, i) => {
    expect(Math.abs(value - b[i]!), `logprob ${i}: ${value} against ${b[i]}`).toBeLessThan(1e-5);
  });
}

async function expectHosts(make: Make, request: SampleRequest): Promise<Completions> {
  const expected = await sample(make, "host", request);
  expectSame(await sample(make, "device", request), expected);
  return expected;
}

const someStops = () => Array.from({ length: 12 }, (_, i) => 3 * i);
const open: [string, () => Promise<Executor>][] = [
  ["onnx-cpu", async () => new OnnxExecutor({ threads: 1 })],
  ["tfjs-wasm", () => TfjsExecutor.open("wasm")],
];

describe.each(open)("on %s a completion is the host's", async (_, opened) => {
  const executor = await opened();
  const make: Make = (decoding) => fixture.engine({ executor, decoding, slots: 8 });
  const prompts = () => [...fixture.prompts.slice(0, 5), fixture.textPrompt];

  test.each([
    { temperature: 1 },
    { temperature: 0.7, max_new_tokens: 20 },
    { temperature: 0 },
    { max_new_tokens: 1 },
    { max_new_tokens: 2 },
  ])("with pictures and without, at %j, of more completions than slots", async (change) => {
    const completions = await expectHosts(make, requestOf(prompts(), change));
    const { max_new_tokens = PLAIN.max_new_tokens } = change as Partial<SamplingOptions>;
    expect(completions.flat().every(({ tokens }) => tokens.length === max_new_tokens)).toBe(true);
  });

  test("with an end at any place of a run", async () => {
    const completions = await expectHosts(make, requestOf(prompts(), { stop_ids: someStops(), max_new_tokens: 33 }));
    const steps = stepsPerRun(33);
    const places = completions
      .flat()
      .filter(({ finish }) => finish === "stop")
      .map(({ tokens }) => (tokens.length - 1) % steps);
    expect(new Set(places).size).toBeGreaterThan(3);
  });

  test("with a stop string over the seams of tokens", async () => {
    const pieces = Array.from({ length: fixture.policy.model.vocab }, (_, id) => `<${id}>`);
    const [free] = await sample(make, "host", requestOf([fixture.textPrompt]));
    const { tokens } = free![0]!;
    const stop = `${tokens[3]}><${String(tokens[4]).slice(0, 1)}`;
    const [stopped] = await expectHosts(make, requestOf([fixture.textPrompt], { stop_strings: [stop], pieces }));
    expect(stopped![0]!.tokens).toEqual(tokens.slice(0, 5));
  });

  test.each([{ top_k: 5 }, { top_p: 0.8, temperature: 0.9 }, { min_p: 0.1, top_k: 20 }])("filtered by %j, on the host", async (change) => {
    await expectHosts(make, requestOf(prompts().slice(0, 3), { ...change, max_new_tokens: 6 }));
  });

  test("as the cache grows and slots are given up", async () => {
    const wide: Make = (decoding) => fixture.engine({ executor, decoding, slots: 48 });
    const texts = [fixture.textPrompt, fixture.prompts[1]!];
    const request = requestOf(texts, { max_new_tokens: 80, stop_ids: Array.from({ length: 16 }, (_, i) => 9 * i) }, 24);
    const lengths = (await expectHosts(wide, request)).flat().map(({ tokens }) => tokens.length);
    // half of the 48 slots are free long before the last ends, and a prompt with 64 more needs more room than there was
    expect(lengths.filter((length) => length < 40).length).toBeGreaterThan(24);
    expect(Math.max(...lengths)).toBeGreaterThan(64);
  });

  test("whoever is in the batch, and whatever the number of slots", async () => {
    const request = requestOf(prompts(), { stop_ids: someStops() });
    const together = await sample(make, "device", request);
    expectSame(await sample((decoding) => fixture.engine({ executor, decoding, slots: 3 }), "device", request), together);
    expectSame(await sample((decoding) => fixture.engine({ executor, decoding, slots: 32 }), "device", request), together);
    const last = prompts().length - 1;
    const alone = { ...request, prompts: [request.prompts[last]!], seeds: [[request.seeds[last]![1]!]] };
    expectSame(await sample(make, "device", alone), [[together[last]![1]!]]);
  });

  test("nothing asked for gives nothing", async () => {
    expect(await sample(make, "device", { prompts: [], seeds: [], sampling: PLAIN })).toEqual([]);
    expect(await sample(make, "device", { ...requestOf(prompts().slice(0, 2)), seeds: [[], []] })).toEqual([[], []]);
  });
});

/** Seeded tokens: what a prompt says is all the same here. */
function texts(vocab: number): EncodedPrompt[] {
  const random = new Random(3);
  return [3, 9, 6].map((length) => ({ tokens: Int32Array.from({ length }, () => random.integer(0, vocab - 1)), pixels: null }));
}

// grouped queries, windows that hide something, three axes of positions, head norms
describe.each(["llama", "qwen2_window", "qwen3_window", "qwen2_5_vl", "smollm3"])("in a model like %s", (name) => {
  test.each(open)("on %s a completion is the host's", async (_, opened) => {
    const executor = await opened();
    const { policy, weights, store } = await openModel(join(ROOT, "tests", "fixtures", name), {});
    const copy = () => Object.fromEntries(Object.entries(weights).map(([key, values]) => [key, values.slice()]));
    const make: Make = (decoding) => new EmbeddedEngine(policy, copy(), losses, store, { slots: 4, threads: 1, executor, decoding });
    await expectHosts(make, requestOf(texts(policy.model.vocab), { max_new_tokens: 14 }));
  });
});

const noStore = { exact: true, write: async () => {}, read: async () => {} };

test.each([
  ["an adapter", "float32"],
  ["an adapter and frozen halves", "float16"],
] as const)("with %s a completion is the host's", async (_, frozenDtype) => {
  const model = smallDecoder();
  const policy = policyOf(model, { adapters: fullAdapter(model), frozenDtype });
  const weights = decoderWeights(policy);
  const halves: Record<string, Uint16Array> = {};
  for (const name of policy.halves) {
    // 0.25, -0.125 and 0.375, exact in half precision
    halves[name] = Uint16Array.from(weights[name]!, (_, i) => [0x3400, 0xb000, 0x3600, 0x2c00, 0xb400][(i * 7 + (i >> 3)) % 5]!);
    delete weights[name];
  }
  const make: Make = (decoding) => new EmbeddedEngine(policy, { ...weights }, losses, noStore, { slots: 8, threads: 1, halves, decoding });
  await expectHosts(make, requestOf(texts(model.vocab), { temperature: 0.8, max_new_tokens: 14 }));
});

test("on the reference, in float64, a completion is ONNX Runtime's", async () => {
  const model = smallDecoder();
  const policy = policyOf(model);
  const weights = decoderWeights(policy);
  const on =
    (executor: Executor): Make =>
    (decoding) =>
      new EmbeddedEngine(policy, { ...weights }, losses, noStore, { slots: 8, threads: 1, executor, decoding });
  const request = requestOf(texts(model.vocab), { max_new_tokens: 10, stop_ids: [1, 2, 3, 4] });
  expectSame(
    await sample(on(new ReferenceExecutor()), "device", request),
    await sample(on(new OnnxExecutor({ threads: 1 })), "host", request),
  );
});

describe("what is copied and kept", () => {
  test("a token costs some bytes: neither cache nor weights nor logits cross", async () => {
    const executor = await TfjsExecutor.open("wasm");
    const engine = fixture.engine({ executor, decoding: "device", slots: 8 });
    const bytesOf = async (max_new_tokens: number) => {
      const before = executor.traffic.toDevice + executor.traffic.toHost;
      await sampled(engine, requestOf([fixture.textPrompt], { max_new_tokens }, 8));
      return executor.traffic.toDevice + executor.traffic.toHost - before;
    };
    // weights are copied once, and the first time an angle is
    await bytesOf(17);
    const [short, long] = [await bytesOf(17), await bytesOf(65)];
    // 48 tokens more are 6 runs of 8 in 8 slots, at 4 bytes a number: an id and a length; a token has a position, a number to draw with,
    // a place for each key-value head, and comes back with its logprob. 64 positions more are two times that the cache grows, each time with
    // a number that says where a slot comes from.
    const { kvHeads, vocab } = fixture.policy.model;
    expect(long - short).toBe(6 * 8 * 4 * (2 + 8 * (4 + kvHeads)) + 2 * 8 * 4);
    expect((long - short) / (48 * 8)).toBeLessThan((4 * vocab) / 10);
    await engine.close();
  });

  test("nothing stays on the device but weights and compiled graphs, after an error too", async () => {
    const executor = await TfjsExecutor.open("wasm");
    const tensors = () => executor.backend.tf.engine().memory().numTensors;
    const start = tensors();
    const engine = fixture.engine({ executor, decoding: "device", slots: 8 });
    const request = requestOf([...fixture.prompts.slice(0, 4), fixture.textPrompt], { stop_ids: someStops(), max_new_tokens: 40 });
    await sampled(engine, request);
    const after = tensors();
    await sampled(engine, request);
    expect(tensors()).toBe(after);
    let left = 3;
    const failing = engine.sample(request, () => {
      if (--left === 0) throw new Error("enough");
    });
    await expect(failing).rejects.toThrow("enough");
    expect(tensors()).toBe(after);
    await engine.close();
    expect(tensors()).toBe(start);
  });
});

test.each([
  [1, 1],
  [2, 1],
  [9, 8],
  [10, 5], // 9 tokens after the first: two runs of 5 rather than 8 and 8
  [12, 6],
  [257, 8],
])("for at most %i tokens a run has %i steps", (most, steps) => {
  expect(stepsPerRun(most)).toBe(steps);
});
