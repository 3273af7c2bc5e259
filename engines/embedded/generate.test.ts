import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EngineFixture, engineFixture, PLAIN, sampled } from "../../tests/engine-fixture.ts";
import type { SampleRequest } from "../engine.ts";

let fixture: EngineFixture;
beforeAll(async () => {
  fixture = await engineFixture();
}, 30_000);
afterAll(() => fixture.remove());

const seedsOf = (prompt: number) => Array.from({ length: 3 }, (_, member) => 1000 * prompt + member);
const request = (prompts: number[], change: Partial<SampleRequest["sampling"]> = {}): SampleRequest => ({
  prompts: prompts.map((p) => fixture.prompts[p]!),
  seeds: prompts.map(seedsOf),
  sampling: { ...PLAIN, ...change },
});

async function sample(what: SampleRequest, slots = 8) {
  const engine = fixture.engine({ slots });
  const { completions, count } = await sampled(engine, what);
  expect(count).toBe(what.seeds.flat().length);
  await engine.close();
  return completions;
}
type Completions = Awaited<ReturnType<typeof sample>>;

/** Equal tokens; logprobs to 1e-5: a batch of another size sums float32 in another order. */
function expectSame(actual: Completions, expected: Completions): void {
  expect(actual.map((group) => group.map(({ tokens, finish }) => ({ tokens, finish })))).toEqual(
    expected.map((group) => group.map(({ tokens, finish }) => ({ tokens, finish }))),
  );
  const flat = (completions: Completions) => completions.flat().flatMap(({ logprobs }) => logprobs);
  flat(actual).forEach((value, i) => {
    expect(Math.abs(value - flat(expected)[i]!)).toBeLessThan(1e-5);
  });
}

// an end that comes early for some and late for others, so that slots free up at different times
const someStops = () => ({ stop_ids: Array.from({ length: 12 }, (_, i) => 3 * i) });

describe("a completion depends on its seed, prompt and policy alone", () => {
  test("not on who is in the batch", async () => {
    const all = Array.from({ length: 20 }, (_, i) => i);
    const together = await sample(request(all, someStops()));
    expect(new Set(together.flat().map(({ tokens }) => tokens.length)).size).toBeGreaterThan(3);
    for (const prompt of [0, 7, 19]) expectSame(await sample(request([prompt], someStops())), [together[prompt]!]);
    expectSame(await sample(request([...all].reverse(), someStops())), [...together].reverse());
  });

  test("nor on its siblings", async () => {
    const [group] = await sample(request([4]));
    const engine = fixture.engine();
    for (const [member, seed] of seedsOf(4).entries()) {
      const { completions } = await sampled(engine, { ...request([4]), seeds: [[seed]] });
      expectSame(completions, [[group![member]!]]);
    }
    await engine.close();
  });

  test("nor on the number of slots: a finished one's slot is given to the next", async () => {
    const some = [0, 1, 2, 3, 4];
    const wide = await sample(request(some, someStops()), 16);
    expectSame(await sample(request(some, someStops()), 3), wide);
    expectSame(await sample(request(some, someStops()), 1), wide);
  });

  test("but another seed is another completion", async () => {
    const [group] = await sample(request([4]));
    expect(new Set(group!.map(({ tokens }) => tokens.join())).size).toBe(3);
  });
});

describe("a completion ends", () => {
  test("at max_new_tokens", async () => {
    const [group] = await sample(request([0], { max_new_tokens: 5 }));
    for (const { tokens, logprobs, finish } of group!) expect([tokens.length, logprobs.length, finish]).toEqual([5, 5, "length"]);
    const [one] = await sample(request([0], { max_new_tokens: 1 }));
    expect(one!.map(({ tokens }) => tokens)).toEqual(group!.map(({ tokens }) => tokens.slice(0, 1)));
  });

  test("at a stop id, which is its last token", async () => {
    const [free] = await sample(request([1]));
    const stop = free![0]!.tokens[4]!;
    const [stopped] = await sample(request([1], { stop_ids: [stop] }));
    free!.forEach(({ tokens }, i) => {
      const end = tokens.indexOf(stop);
      expect(stopped![i]!.tokens).toEqual(end < 0 ? tokens : tokens.slice(0, end + 1));
      expect(stopped![i]!.finish).toBe(end < 0 ? "length" : "stop");
    });
  });

  test("once its text holds a stop string, over the seams of tokens", async () => {
    const pieces = Array.from({ length: fixture.policy.model.vocab }, (_, id) => `<${id}>`);
    const [free] = await sample(request([2]));
    const { tokens } = free![0]!;
    // the end of one piece and the start of the next
    const stop = `${tokens[3]}><${String(tokens[4]).slice(0, 1)}`;
    const [stopped] = await sample(request([2], { stop_strings: [stop], pieces }));
    const text = tokens.map((id) => pieces[id]).join("");
    expect(text).toContain(stop);
    expect(stopped![0]!.tokens).toEqual(tokens.slice(0, 5));
    expect(stopped![0]!.finish).toBe("stop");
  });

  test("nothing asked for gives nothing", async () => {
    expect(await sample({ prompts: [], seeds: [], sampling: PLAIN })).toEqual([]);
    expect(await sample({ ...request([0, 1]), seeds: [[], []] })).toEqual([[], []]);
  });
});

test("the logprobs of sampling are those of the training pass: on the policy that sampled, every ratio is 1", async () => {
  const engine = fixture.engine();
  const what = { ...request([0, 1, 2]), sampling: { ...PLAIN, temperature: 0.7 } };
  const { completions } = await sampled(engine, what);
  const rows = completions.map((group, p) => ({
    prompt: what.prompts[p]!,
    completions: group.map(({ tokens }) => ({ tokens: Int32Array.from(tokens), fields: {} })),
  }));
  const { logprobs } = await engine.logprobs(rows, { temperature: 0.7, policy: "current" });
  let furthest = 0;
  completions.forEach((group, p) => {
    group.forEach((one, i) => {
      one.logprobs.forEach((value, t) => {
        furthest = Math.max(furthest, Math.abs(Math.exp(logprobs[p]![i]![t]! - value) - 1));
      });
    });
  });
  // float32 logits of size 1 to 10
  expect(furthest).toBeLessThan(1e-5);
  await engine.close();
});
