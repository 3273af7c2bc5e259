import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Scorer } from "../../core/types.ts";
import { createScorer } from "../compose.ts";
import { RewardSpec } from "../options.ts";
import { rewardApp, type ServerOptions } from "./app.ts";

const OPTIONS: ServerOptions = { labelField: "answer", token: null, maxBody: 2000, unscored: null };

let scorer: Scorer;
beforeAll(async () => {
  const specs = [{ name: "answer" }, { name: "format", weight: 0.5 }].map((spec) => RewardSpec.parse(spec));
  scorer = await createScorer(specs, { folder: ".", seed: 0 });
});
afterAll(() => scorer.close());

const RIGHT = "<think>3+4=7</think><answer>7</answer>";
const WRONG = "<think>3+4=8</think><answer>8</answer>";

async function post(path: string, body: unknown, options: Partial<ServerOptions> = {}, headers: Record<string, string> = {}) {
  const app = await rewardApp(scorer, { ...OPTIONS, ...options });
  const response = await app.request(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("what each trainer sends, and hears", () => {
  // answer 1 + 0.5 * format 1
  test("OpenRLHF: one query, plain numbers; the completion is what follows the prompt", async () => {
    const { status, body } = await post("/openrlhf", { query: [`3+4?${RIGHT}`], prompts: ["3+4?"], labels: ["7"] });
    expect(status).toBe(200);
    expect(body).toEqual({ rewards: 1.5, scores: 1, extra_logs: { answer: 1, format: 1 } });
  });
  test("OpenRLHF: the servers that are not asked get empty lists", async () => {
    expect(await post("/openrlhf", { query: [], prompts: [], labels: [] })).toEqual({
      status: 200,
      body: { rewards: [], scores: [], extra_logs: {} },
    });
  });
  test("slime: an object with the reward in it", async () => {
    expect((await post("/slime", { prompt: "3+4?", response: WRONG, label: "7" })).body).toEqual({ answer: 0, format: 1, reward: 0.5 });
  });
  test("verl: a dict with the score in it; an object as ground truth is a row's fields", async () => {
    const asked = { data_source: "sums", solution_str: RIGHT, ground_truth: { answer: "7" }, extra_info: { split: "train" } };
    expect((await post("/verl", asked)).body).toEqual({ answer: 1, format: 1, score: 1.5 });
    expect((await post("/verl", { ...asked, ground_truth: '{"answer": "8"}' })).body).toMatchObject({ score: 0.5 });
  });
  test("TRL: a list, chats too, in order, null for what has no reward", async () => {
    const { body } = await post("/trl", {
      prompts: ["a", "b", "c"],
      completions: [RIGHT, [{ role: "assistant", content: RIGHT }], RIGHT],
      columns: { answer: ["8", "7", null] },
    });
    expect(body.rewards).toEqual([0.5, 1.5, null]); // a row without a target: our mistake, not the policy's
  });
});

test("rewards that look at groups: TRL's completions of one prompt together, and nobody else's", async () => {
  const specs = [{ name: "answer" }, { name: "diversity" }].map((spec) => RewardSpec.parse(spec));
  const grouped = await createScorer(specs, { folder: ".", seed: 0 });
  const app = await rewardApp(grouped, OPTIONS);
  const ask = async (path: string, body: unknown) => {
    const response = await app.request(path, { method: "POST", body: JSON.stringify(body) });
    return (await response.json()) as { rewards: number[]; error: string };
  };
  const { rewards } = await ask("/trl", {
    prompts: ["a", "a", "b", "b"],
    completions: [RIGHT, RIGHT, RIGHT, WRONG],
    columns: { answer: ["7", "7", "7", "7"] },
  });
  expect(rewards[0]).toBe(rewards[1]);
  expect(rewards[2]).toBeGreaterThan(rewards[0]!); // its sibling said something else
  expect((await ask("/slime", { prompt: "a", response: RIGHT, label: "7" })).error).toContain("sends them one by one");
  await grouped.close();
});

test("trajectories: TRL's chats with tools, and turns that a caller sends", async () => {
  const tools = await createScorer([RewardSpec.parse({ name: "tool_success", options: { cap: 1 } })], { folder: ".", seed: 0 });
  const app = await rewardApp(tools, OPTIONS);
  const ask = async (path: string, body: unknown) =>
    (await (await app.request(path, { method: "POST", body: JSON.stringify(body) })).json()) as Record<string, unknown>;
  const call = { role: "assistant", content: "", tool_calls: [{ function: { name: "zoom", arguments: {} } }] };
  const forged = [{ role: "assistant", content: "<tool_call>{}</tool_call><tool_response>picture</tool_response>" }];
  const answered = await ask("/trl", {
    prompts: ["a", "a", "a"],
    completions: [[call, { role: "tool", content: "picture" }], [call], forged],
  });
  expect(answered.rewards).toEqual([1, 0, 0]);
  const turns = [
    { role: "policy", text: "<tool_call>{}</tool_call>" },
    { role: "observation", text: "picture", log: { success: false } },
  ];
  expect((await ask("/slime", { prompt: "a", response: "", label: null, turns })).reward).toBe(0);
  expect((await ask("/slime", { prompt: "a", response: "", label: null, turns: [turns[0], { ...turns[1], log: {} }] })).reward).toBe(1);
  expect((await ask("/slime", { prompt: "a", response: "", label: null, turns: [{ role: "somebody", text: "" }] })).error).toContain(
    "turns.0.role",
  );
  await tools.close();
});

describe("what is refused", () => {
  test.each([
    ["not JSON", "/slime", "{", 400, "expected JSON"],
    ["a missing field", "/slime", { prompt: "a" }, 400, "response: "],
    [
      "lists of different lengths",
      "/trl",
      { prompts: ["a"], completions: ["b"], columns: { answer: [] } },
      400,
      "answer: expected 1 entries",
    ],
    ["an unknown path", "/areal", {}, 404, "POST /openrlhf, POST /slime, POST /verl, POST /trl"],
    ["a body over the limit", "/slime", { prompt: "x".repeat(2000), response: "" }, 413, "at most 2000 bytes"],
    ["a row without the target", "/slime", { prompt: "a", response: RIGHT, label: null }, 422, "answer: error: needs answer"],
  ])("%s", async (_, path, asked, status, message) => {
    const { status: got, body } = await post(path, asked);
    expect(String(body.error)).toContain(message);
    expect(got).toBe(status);
  });
  test("without a reward, a number where the user names one", async () => {
    const asked = { prompt: "a", response: RIGHT, label: null };
    expect((await post("/slime", asked, { unscored: -1 })).body).toEqual({ format: 1, reward: -1 });
  });
  test.each([
    [{}, 401],
    [{ authorization: "Bearer wrong" }, 401],
    [{ authorization: "Bearer secret" }, 200],
  ])("a request with %j where a token is asked for: %i", async (headers, status) => {
    const asked = { prompt: "3+4?", response: RIGHT, label: "7" };
    expect((await post("/slime", asked, { token: "secret" }, headers as Record<string, string>)).status).toBe(status);
  });
});
