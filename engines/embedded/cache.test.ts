import { afterAll, beforeAll, expect, test } from "vitest";
import { type EngineFixture, engineFixture, PLAIN, sampled } from "../../tests/engine-fixture.ts";
import { CacheMemory, KeyValueCache } from "./cache.ts";

const model = { layers: 1, kvHeads: 2, headDim: 1 };
const HIDDEN = Math.fround(-1e9);

/** A cache of two slots by two positions, the first slot with one position filled, the second with two. */
function small(memory = new CacheMemory()) {
  const cache = new KeyValueCache(model, memory, 2, 2, 4);
  // [kvHeads, padded]: a prompt pass gives more positions than are real
  cache.load(0, { length: 1, keys: [Float32Array.of(1, 9, 2, 9)], values: [Float32Array.of(-1, 9, -2, 9)] });
  cache.load(1, { length: 2, keys: [Float32Array.of(3, 4, 5, 6)], values: [Float32Array.of(-3, -4, -5, -6)] });
  return cache;
}

test("a prompt's positions are there and the others hidden, whatever the memory held before", () => {
  const memory = new CacheMemory();
  for (const array of memory.take(2, 16)) array.fill(Number.NaN);
  const cache = small(memory);
  expect([...cache.keys[0]!]).toEqual([1, 0, 2, 0, 3, 4, 5, 6]);
  expect([...cache.values[0]!]).toEqual([-1, 0, -2, 0, -3, -4, -5, -6]);
  expect([...cache.bias]).toEqual([0, HIDDEN, 0, 0]);
});

test("a new position stands behind the others of its slot", () => {
  const cache = small();
  // [slots, kvHeads * d]
  const key = Float32Array.of(7, 8, 0, 0);
  const value = Float32Array.of(-7, -8, 0, 0);
  cache.append(
    0,
    () => key,
    () => value,
  );
  expect([...cache.keys[0]!]).toEqual([1, 7, 2, 8, 3, 4, 5, 6]);
  expect([...cache.values[0]!]).toEqual([-1, -7, -2, -8, -3, -4, -5, -6]);
  expect([...cache.bias]).toEqual([0, 0, 0, 0]);
  expect([cache.length(0), cache.length(1)]).toEqual([2, 2]);
});

test("it grows to no more than its limit, and keeps what it holds", () => {
  const cache = small();
  cache.grow(3);
  expect([...cache.keys[0]!]).toEqual([1, 0, 0, 2, 0, 0, 3, 4, 0, 5, 6, 0]);
  expect([...cache.bias]).toEqual([0, HIDDEN, HIDDEN, 0, 0, HIDDEN]);
  cache.grow(35);
  expect(cache.capacity).toBe(4);
  expect([...cache.values[0]!]).toEqual([-1, 0, 0, 0, -2, 0, 0, 0, -3, -4, 0, 0, -5, -6, 0, 0]);
});

test("it shrinks to the slots that go on", () => {
  const cache = small();
  cache.shrink(1, [1]);
  expect([...cache.keys[0]!]).toEqual([3, 4, 5, 6]);
  expect([...cache.bias]).toEqual([0, 0]);
  expect(cache.length(0)).toBe(2);
});

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

test("completions of all lengths are those of the training pass, however often the cache has grown and shrunk", async () => {
  const engine = fixture.engine({ slots: 48 });
  const prompts = fixture.prompts.slice(0, 4);
  const seeds = prompts.map((_, p) => Array.from({ length: 12 }, (_, member) => 100 * p + member));
  const request = { prompts, seeds, sampling: { ...PLAIN, max_new_tokens: 70, stop_ids: Array.from({ length: 12 }, (_, i) => 9 * i) } };
  const { completions } = await sampled(engine, request);
  const lengths = completions.flat().map(({ tokens }) => tokens.length);
  // 48 slots halve to 24 once half of them are free; a prompt's positions and 64 more need more than one growth by 32
  expect(lengths.filter((length) => length < Math.max(...lengths)).length).toBeGreaterThan(24);
  expect(Math.max(...lengths)).toBeGreaterThan(64);
  // the same memory a second time
  expect((await sampled(engine, request)).completions).toEqual(completions);
  const rows = completions.map((group, p) => ({
    prompt: prompts[p]!,
    completions: group.map(({ tokens }) => ({ tokens: Int32Array.from(tokens), fields: {} })),
  }));
  const { logprobs } = await engine.logprobs(rows, { temperature: 1, policy: "current" });
  completions.forEach((group, p) => {
    group.forEach((one, i) => {
      one.logprobs.forEach((value, t) => {
        // float32 sums over 100 positions in another order
        expect(Math.abs(value - logprobs[p]![i]![t]!)).toBeLessThan(2e-5);
      });
    });
  });
  await engine.close();
});
