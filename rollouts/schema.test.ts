import { Table, tableFromIPC, tableToIPC } from "apache-arrow";
import { expect, test } from "vitest";
import type { Rollout } from "../core/types.ts";
import { fromBatch, toBatch, withAdvantages } from "./schema.ts";

/** Two rollouts that differ in everything: lengths, nulls, every kind of outcome, bits that only float32 has. */
function rollouts(): Rollout[] {
  const first: Rollout = {
    exampleId: "digits/7",
    group: 3,
    member: 0,
    seed: 4294967295,
    policyVersion: 12,
    promptTokens: Int32Array.of(1, 2, 3),
    tokens: Int32Array.of(5, 0, 2147483647),
    logprobs: Float32Array.of(-0.1, -0, -103.97208),
    roles: ["policy", "observation", "corrected"],
    promptText: "<image>Wie viel?\n",
    text: "drei 🐢 ü",
    turns: [
      { role: "policy", start: 0, end: 5, firstToken: 0, endToken: 1 },
      {
        role: "observation",
        start: 5,
        end: 7,
        firstToken: 1,
        endToken: 2,
        log: { success: false, frames: [3, 4], box: { x: -0.5 }, why: "ü" },
      },
      { role: "corrected", start: 7, end: 9, firstToken: 2, endToken: 3, log: {} },
    ],
    finish: "stop",
    pictureRef: "dataset:digits/7",
    startedMs: 0.1 + 0.2,
    finishedMs: 1234.5,
    parts: [
      { name: "sum", outcome: { kind: "score", score: 0.1, metrics: { iou: 0.25, "recall/all": -0 } }, latencyMs: 0.3 },
      { name: "format", outcome: { kind: "score", score: -1 }, latencyMs: 0 },
      { name: "judge", outcome: { kind: "timeout", message: "after 2 s" }, latencyMs: 2000 },
      { name: "file", outcome: { kind: "error", message: "" }, latencyMs: 1 },
      { name: "boxes", outcome: { kind: "not_applicable" }, latencyMs: 1 },
      { name: "plain", outcome: { kind: "score", score: 2, metrics: {} }, latencyMs: 1 },
    ],
    reward: 1 / 3,
    outcome: 1,
    advantage: -0.7,
  };
  const second: Rollout = {
    ...first,
    member: 1,
    seed: 0,
    tokens: new Int32Array(0),
    logprobs: new Float32Array(0),
    roles: [],
    text: "",
    turns: [],
    finish: "environment",
    pictureRef: null,
    parts: [],
    reward: null,
    outcome: null,
    advantage: null,
  };
  const { turns, ...unknown } = first;
  return [first, second, { ...unknown, member: 2, finish: "length", roles: ["negative", "context", "policy"] }];
}

const origin = { stage: "rl", step: 40 };
const stored = () => rollouts().map((rollout) => ({ ...rollout, ...origin }));

test("a batch gives back what went in, bit for bit", async () => {
  expect(fromBatch(await toBatch(rollouts(), origin))).toEqual(stored());
});

test("and so does one that went through the IPC stream", async () => {
  const batch = await toBatch(rollouts(), origin);
  const back = tableFromIPC(tableToIPC(new Table([batch]), "stream")).batches;
  const [read] = back.map(fromBatch);
  expect(read).toEqual(stored());
  const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];
  expect(bits(read![0]!.logprobs)).toEqual(bits(Float32Array.of(-0.1, -0, -103.97208)));
});

test("no rollouts make an empty batch", async () => {
  const batch = await toBatch([], origin);
  expect(batch.numRows).toBe(0);
  expect(fromBatch(batch)).toEqual([]);
});

test("advantages are filled in and nothing else changes", async () => {
  const batch = await withAdvantages(await toBatch(rollouts(), origin), [1, -0.5, 0]);
  expect(fromBatch(batch)).toEqual(stored().map((rollout, i) => ({ ...rollout, advantage: [1, -0.5, 0][i] })));
  await expect(withAdvantages(batch, [1])).rejects.toThrow("expected 3 advantages, got 1");
});

test("arrays that do not belong together are a bug and are named", async () => {
  const [rollout] = rollouts();
  await expect(toBatch([{ ...rollout!, roles: ["policy"] }], origin)).rejects.toThrow("digits/7, member 0: 3 tokens, 3 logprobs, 1 roles");
});

test.each([
  ["outcomes", { outcome: null }],
  ["turns", { turns: undefined }],
])("a file from before there were %s is read with none", async (_, lacking) => {
  const table = new Table([await toBatch(rollouts(), origin)]);
  const older = table.select(table.schema.fields.map(({ name }) => name).filter((name) => !Object.hasOwn(lacking, name)));
  const [batch] = tableFromIPC(tableToIPC(older, "file")).batches;
  expect(fromBatch(batch!)).toEqual(stored().map((rollout) => ({ ...rollout, ...lacking })));
});
