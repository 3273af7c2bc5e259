import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { deriveSeed } from "../core/random.ts";
import type { Example, RewardPart, ScoreRequest } from "../core/types.ts";
import { waitsInQueue } from "../core/waiting.ts";
import type { Completion, SampleRequest } from "../engines/engine.ts";
import { createScorer } from "../rewards/compose.ts";
import { RewardSpec } from "../rewards/options.ts";
import { type CollectOptions, collectGroups } from "./collect.ts";
import { fromBatch, type StoredRollout } from "./schema.ts";
import { StallError } from "./watchdog.ts";

/** An engine whose completions end when the test says so. Completion (p, m) holds the tokens p, m. */
function handEngine() {
  let deliver: (completion: Completion) => void = () => {};
  let settle: { resolve: () => void; reject: (error: Error) => void };
  let announce: (request: SampleRequest) => void;
  const asked = new Promise<SampleRequest>((resolve) => {
    announce = resolve;
  });
  return {
    asked,
    emit: (prompt: number, member: number) =>
      deliver({
        prompt,
        member,
        tokens: Int32Array.of(prompt, member),
        logprobs: Float32Array.of(-0.5, -0.25),
        finish: "stop",
        startedMs: 1,
        finishedMs: 2,
      }),
    end: () => settle.resolve(),
    crash: (error: Error) => settle.reject(error),
    sample(request: SampleRequest, onCompletion: (completion: Completion) => void): Promise<void> {
      deliver = onCompletion;
      announce(request);
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
  };
}

const examples: Example[] = ["a", "b"].map((id) => ({ id, fields: { question: id } }));

function options(change: Partial<CollectOptions> = {}): CollectOptions {
  return {
    engine: handEngine(),
    processor: {
      encodePrompt: async ([message]) => {
        const [part] = message!.content;
        const text = part!.type === "text" ? part!.text : "";
        const pixels = text === "b" ? { data: new Float32Array(3), shape: [1, 3, 1, 1], grids: null } : null;
        return { prompt: { tokens: Int32Array.of(text.charCodeAt(0)), pixels }, text: `<${text}>` };
      },
      decode: (ids) => Array.from(ids).join(" "),
    },
    environment: {
      start: ({ question }) => [{ role: "user", content: [{ type: "text", text: String(question) }] }],
      reply: () => null,
    },
    scorer: {
      names: ["sum", "format"],
      score: async ({ tokens }) => ({ parts: [{ name: "sum", outcome: { kind: "score", score: tokens }, latencyMs: 0 }], reward: tokens }),
    },
    examples,
    groupSize: 2,
    sampling: { temperature: 1, top_k: 0, top_p: 1, min_p: 0, max_new_tokens: 2, stop_strings: ["."] },
    maxLength: null,
    stopIds: [9],
    seed: 5,
    policyVersion: 3,
    stage: "rl",
    step: 7,
    ...change,
  };
}

async function all(groups: AsyncIterable<Parameters<typeof fromBatch>[0]>): Promise<StoredRollout[][]> {
  const out: StoredRollout[][] = [];
  for await (const batch of groups) out.push(fromBatch(batch));
  return out;
}

test("completions out of order: members in order, groups as they complete", async () => {
  const engine = handEngine();
  const seen: [number, number][] = [];
  const groups = all(collectGroups(options({ engine, onCompletion: (done, total) => seen.push([done, total]) })));
  const request = await engine.asked;
  engine.emit(1, 1);
  engine.emit(0, 1);
  engine.emit(1, 0);
  engine.emit(0, 0);
  engine.end();
  const [first, second] = await groups;
  expect(first!.map(({ exampleId, group, member }) => [exampleId, group, member])).toEqual([
    ["b", 1, 0],
    ["b", 1, 1],
  ]);
  expect(second!.map(({ member }) => member)).toEqual([0, 1]);
  expect(seen).toEqual([
    [1, 4],
    [2, 4],
    [3, 4],
    [4, 4],
  ]);

  expect(request.sampling).toEqual({ ...options().sampling, stop_ids: [9] });
  expect(request.seeds).toEqual(["a", "b"].map((id) => [0, 1].map((member) => deriveSeed(5, "completion", id, member, 7))));
  const rollout = first![1]!;
  expect(rollout).toMatchObject({
    stage: "rl",
    step: 7,
    seed: request.seeds[1]![1],
    policyVersion: 3,
    promptTokens: Int32Array.of(98),
    tokens: Int32Array.of(1, 1),
    logprobs: Float32Array.of(-0.5, -0.25),
    roles: ["policy", "policy"],
    promptText: "<b>",
    text: "1 1",
    turns: [{ role: "policy", start: 0, end: 3, firstToken: 0, endToken: 2 }],
    finish: "stop",
    pictureRef: "dataset:b",
    reward: 2,
    advantage: null,
  });
  expect(rollout.finishedMs - rollout.startedMs).toBeCloseTo(1, 6);
  expect(second![0]!.pictureRef).toBeNull();
});

test("a group is scored and handed over while others are still being sampled", async () => {
  const engine = handEngine();
  const scored: string[] = [];
  const base = options();
  const scorer = {
    ...base.scorer,
    score: (request: ScoreRequest) => {
      scored.push(request.completion);
      return base.scorer.score(request);
    },
  };
  const groups = collectGroups(options({ engine, scorer }));
  const first = groups.next();
  await engine.asked;
  engine.emit(0, 0);
  await sleep(5);
  expect(scored).toEqual(["0 0"]);
  engine.emit(0, 1);
  const { value } = await first;
  expect(fromBatch(value!).map(({ text }) => text)).toEqual(["0 0", "0 1"]);

  // The consumer is slow: what arrives meanwhile is scored and kept.
  engine.emit(1, 0);
  engine.emit(1, 1);
  engine.end();
  await sleep(20);
  expect(scored).toHaveLength(4);
  expect((await groups.next()).done).toBe(false);
  expect((await groups.next()).done).toBe(true);
});

test("no more completions are scored at a time than allowed", async () => {
  const engine = handEngine();
  let now = 0;
  let most = 0;
  const score = async () => {
    most = Math.max(most, ++now);
    await sleep(5);
    now--;
    return { parts: [], reward: 0 };
  };
  const groups = all(collectGroups(options({ engine, groupSize: 5, scoreConcurrency: 3, scorer: { names: [], score } })));
  await engine.asked;
  for (const prompt of [0, 1]) for (let member = 0; member < 5; member++) engine.emit(prompt, member);
  engine.end();
  expect((await groups).map((group) => group.length)).toEqual([5, 5]);
  expect(most).toBe(3);
});

/** Parts of a completion give its number of tokens; the group's part, its place. */
function groupScorer(change: Partial<Required<CollectOptions["scorer"]>> = {}): { scorer: CollectOptions["scorer"]; asked: string[] } {
  const asked: string[] = [];
  const part = (name: string, score: number): RewardPart => ({ name, outcome: { kind: "score", score }, latencyMs: 0 });
  const scorer: CollectOptions["scorer"] = {
    names: ["own", "place"],
    score: async ({ completion, tokens }) => {
      asked.push(completion);
      return { parts: [part("own", tokens)], reward: null };
    },
    scoreGroup: async (requests, scored) => {
      asked.push(`[${requests.map(({ completion }) => completion).join()}]`);
      return scored.map(({ parts }, i) => ({ parts: [...parts, part("place", i)], reward: 2 + i, outcome: i }));
    },
    ...change,
  };
  return { scorer, asked };
}

test("rewards of a group are asked once all of its members are scored, in member order", async () => {
  const engine = handEngine();
  const { scorer, asked } = groupScorer();
  const groups = all(collectGroups(options({ engine, scorer })));
  await engine.asked;
  engine.emit(0, 1);
  engine.emit(1, 0);
  await sleep(5);
  expect(asked).toEqual(["0 1", "1 0"]);
  engine.emit(0, 0);
  await sleep(5);
  expect(asked).toEqual(["0 1", "1 0", "0 0", "[0 0,0 1]"]);
  engine.emit(1, 1);
  engine.end();
  const [first] = await groups;
  expect(first!.map(({ parts, reward, outcome }) => [parts.map(({ name }) => name), reward, outcome])).toEqual([
    [["own", "place"], 2, 0],
    [["own", "place"], 3, 1],
  ]);
});

test("a reward file that looks at groups, from the sampler to the record", { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "vlrl-group-"));
  const code = `import { defineReward, z } from "vlrl";
export default defineReward({ name: "ids", scope: "group", target: z.string(), field: "question", needs: ["tokenIds"],
  score: (members) => members.map(({ tokenIds }) => tokenIds[1] === 2 ? { kind: "error", message: "two" } : members.length * 10 + tokenIds[1]) });
`;
  await writeFile(join(folder, "ids.mjs"), code);
  const specs = [RewardSpec.parse({ file: "ids.mjs", weight: 0.5 }), RewardSpec.parse({ part: "ids", as: "high", threshold: 31 })];
  const scorer = await createScorer(specs, { folder, seed: 0, workers: 1 });
  const engine = handEngine();
  const groups = all(collectGroups(options({ engine, scorer, examples: examples.slice(0, 1), groupSize: 3 })));
  await engine.asked;
  for (const member of [2, 0, 1]) engine.emit(0, member);
  engine.end();
  const [group] = await groups;
  // 0.5 * 30; 0.5 * 31 + 1; nothing where one can't be judged
  expect(group!.map(({ reward, outcome }) => [reward, outcome])).toEqual([
    [15, 30],
    [16.5, 31],
    [null, null],
  ]);
  expect(group![2]!.parts.map(({ outcome }) => outcome)).toEqual(Array(2).fill({ kind: "error", message: "two" }));
  expect(scorer.takeFailing!()).toEqual([]);
  await scorer.close();
  await rm(folder, { recursive: true });
});

test("a group that can't be scored keeps what its members were given, with the cause beside it", async () => {
  const engine = handEngine();
  const { scorer } = groupScorer({
    scoreGroup: async () => {
      throw new Error("no siblings");
    },
  });
  const groups = all(collectGroups(options({ engine, scorer })));
  await engine.asked;
  for (const prompt of [0, 1]) for (const member of [0, 1]) engine.emit(prompt, member);
  engine.end();
  const [first] = await groups;
  for (const { parts, reward, outcome } of first!) {
    expect([reward, outcome]).toEqual([null, null]);
    expect(parts.map(({ outcome }) => outcome)).toEqual([
      { kind: "score", score: 2 },
      { kind: "error", message: "no siblings" },
    ]);
  }
});

test("a request carries ids, logprobs and turns", async () => {
  const engine = handEngine();
  let seen: ScoreRequest | null = null;
  const score = async (request: ScoreRequest) => {
    seen = request;
    return { parts: [], reward: 0 };
  };
  const groups = all(collectGroups(options({ engine, examples: examples.slice(0, 1), groupSize: 1, scorer: { names: [], score } })));
  await engine.asked;
  engine.emit(0, 0);
  engine.end();
  await groups;
  expect(seen).toMatchObject({
    tokenIds: Int32Array.of(0, 0),
    logprobs: Float32Array.of(-0.5, -0.25),
    turns: [{ role: "policy", start: 0, end: 3, firstToken: 0, endToken: 2 }],
  });
});

test("scoring that throws or takes too long is recorded, and the rest goes on", async () => {
  const engine = handEngine();
  const base = options();
  const score = (request: ScoreRequest) => {
    if (request.completion === "0 0") throw new TypeError("no such field");
    if (request.completion === "0 1") return new Promise<never>(() => {});
    return base.scorer.score(request);
  };
  const scorer = { names: ["sum", "format"], score };
  const groups = all(collectGroups(options({ engine, scorer, scoreConcurrency: 1, scoreTimeoutMs: 30 })));
  await engine.asked;
  for (const prompt of [0, 1]) for (const member of [0, 1]) engine.emit(prompt, member);
  engine.end();
  const [first, second] = await groups;
  expect(first!.map(({ reward }) => reward)).toEqual([null, null]);
  expect(first!.map(({ parts }) => parts.map(({ name, outcome }) => [name, outcome]))).toEqual([
    ["sum", "format"].map((name) => [name, { kind: "error", message: "no such field" }]),
    ["sum", "format"].map((name) => [name, { kind: "timeout", message: "no score after 0.03 s" }]),
  ]);
  expect(first![1]!.parts[0]!.latencyMs).toBeGreaterThan(25);
  expect(second!.map(({ reward }) => reward)).toEqual([2, 2]);
});

test("the time limit of scoring leaves out the wait for a free thread", async () => {
  const engine = handEngine();
  const base = options();
  let line = Promise.resolve();
  // One at a time, 100 ms each, limit 250 ms: with the wait the fourth would take 400.
  const score = async (request: ScoreRequest) => {
    const taken = waitsInQueue();
    const turn = line.then(async () => {
      taken();
      await sleep(100);
    });
    line = turn;
    await turn;
    return base.scorer.score(request);
  };
  const groups = all(collectGroups(options({ engine, scorer: { names: ["sum", "format"], score }, scoreTimeoutMs: 250 })));
  await engine.asked;
  for (const prompt of [0, 1]) for (const member of [0, 1]) engine.emit(prompt, member);
  engine.end();
  const rewards = (await groups).flatMap((group) => group.map(({ reward }) => reward));
  expect(rewards).toHaveLength(4);
  expect(rewards).not.toContain(null);
});

test("the engine's error is the collection's, even behind a complete group", async () => {
  const engine = handEngine();
  const groups = all(collectGroups(options({ engine })));
  await engine.asked;
  engine.emit(0, 0);
  engine.emit(0, 1);
  engine.crash(new Error("session run failed"));
  await expect(groups).rejects.toThrow("session run failed");
});

test.each<[string, (engine: ReturnType<typeof handEngine>) => void, RegExp]>([
  ["ends too early", (engine) => engine.end(), /returned after 1 of 4 completions: the first one missing is a, member 0/],
  ["sends one twice", (engine) => engine.emit(0, 1), /sent a, member 1 twice/],
  ["sends one too many", (engine) => engine.emit(0, 2), /sent prompt 0, member 2, which nobody asked for/],
])("an engine that %s is found out", async (_, misbehave, message) => {
  const engine = handEngine();
  const groups = all(collectGroups(options({ engine })));
  await engine.asked;
  engine.emit(0, 1);
  misbehave(engine);
  await expect(groups).rejects.toThrow(message);
});

test("a silent engine is named after the time limit", async () => {
  const engine = handEngine();
  const groups = all(collectGroups(options({ engine, stallMs: 50 })));
  await engine.asked;
  engine.emit(0, 0);
  await expect(groups).rejects.toThrow(
    "nothing happened for 0.05 s: stage rl, step 7 waits for the engine (1 of 4 completions sampled, the first one missing is a, member 1)",
  );
  await expect(groups).rejects.toBeInstanceOf(StallError);
});

test("so is a silent reward", async () => {
  const engine = handEngine();
  const scorer = { names: ["sum"], score: () => new Promise<never>(() => {}) };
  const groups = all(collectGroups(options({ engine, scorer, scoreConcurrency: 1, stallMs: 50 })));
  await engine.asked;
  for (const prompt of [0, 1]) for (const member of [0, 1]) engine.emit(prompt, member);
  await expect(groups).rejects.toThrow(
    /waits for the rewards \(1 being scored, the first is a, member 0, for \d+ s; 3 more in the queue\)/,
  );
});

test("so is a processor that never answers", async () => {
  const processor = { ...options().processor, encodePrompt: () => new Promise<never>(() => {}) };
  await expect(all(collectGroups(options({ processor, stallMs: 50 })))).rejects.toThrow(/wait for the processor, .* of a$/);
});

test("steady news keeps the watchdog quiet, and so does a slow consumer", async () => {
  const engine = handEngine();
  const groups = collectGroups(options({ engine, stallMs: 60 }));
  const first = groups.next();
  await engine.asked;
  for (const member of [0, 1]) {
    await sleep(40);
    engine.emit(0, member);
  }
  await first;
  await sleep(120);
  engine.emit(1, 0);
  engine.emit(1, 1);
  engine.end();
  expect((await groups.next()).done).toBe(false);
  expect((await groups.next()).done).toBe(true);
});

test("a signal ends the collection with its reason", async () => {
  const engine = handEngine();
  const control = new AbortController();
  const groups = all(collectGroups(options({ engine, signal: control.signal })));
  await engine.asked;
  control.abort(new Error("interrupted"));
  await expect(groups).rejects.toThrow("interrupted");
  engine.emit(0, 0); // comes too late and is dropped
  await expect(all(collectGroups(options({ signal: control.signal })))).rejects.toThrow("interrupted");
});

test("a consumer that stops early is not kept waiting", async () => {
  const engine = handEngine();
  const groups = collectGroups(options({ engine }));
  const first = groups.next();
  await engine.asked;
  engine.emit(0, 0);
  engine.emit(0, 1);
  await first;
  await groups.return();
  engine.emit(1, 0);
  engine.crash(new Error("after the end"));
  await sleep(5); // a rejection that nobody handles would fail the run
});

test("an environment that wants another turn is refused", async () => {
  const engine = handEngine();
  const environment = { ...options().environment, reply: () => [] };
  const groups = all(collectGroups(options({ engine, environment })));
  await engine.asked;
  engine.emit(0, 0);
  await expect(groups).rejects.toThrow(/asks for another turn/);
});

test("no examples, no groups", async () => {
  expect(await all(collectGroups(options({ examples: [] })))).toEqual([]);
});

test("a row that comes again in a step is completed anew, in the same request and in a later round", async () => {
  const seedsOf = async (change: Partial<CollectOptions>) => {
    const engine = handEngine();
    const groups = all(collectGroups(options({ engine, examples: [examples[0]!, examples[0]!], groupSize: 1, ...change })));
    const request = await engine.asked;
    engine.emit(0, 0);
    engine.emit(1, 0);
    engine.end();
    await groups;
    return request.seeds.flat();
  };
  const [first, later] = [await seedsOf({}), await seedsOf({ round: 1 })];
  expect(new Set([...first, ...later]).size).toBe(4);
  expect(first[0]).toBe(deriveSeed(5, "completion", "a", 0, 7));
});
