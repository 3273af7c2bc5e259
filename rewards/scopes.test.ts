import { expect, test } from "vitest";
import { z } from "zod";
import { ask, askAll, type Finished } from "./ask.ts";
import { type AnyReward, defineReward, rewardInput } from "./define.ts";

const prepared = (definition: AnyReward) => ({ definition, field: definition.field, options: {} });

function finished(completion: string, change: Partial<Finished> = {}): Finished {
  return { completion, exampleId: "a", fields: { answer: "3" }, seed: 0, tokens: completion.length, finish: "stop", ...change };
}

const target = z.string();

test("a completion reward sees one turn of the policy where nobody else wrote", async () => {
  const turns = defineReward({
    name: "turns",
    target,
    field: "answer",
    score: ({ turns }) => (JSON.stringify(turns) === EXPECTED ? 1 : 0),
  });
  const EXPECTED = JSON.stringify([{ role: "policy", start: 0, end: 5, firstToken: 0, endToken: 5, text: "hello" }]);
  expect(await ask(prepared(turns), finished("hello"))).toEqual({ kind: "score", score: 1 });
});

// what the policy wrote, what a tool said, what the policy wrote then
const spans = [
  { role: "policy", start: 0, end: 4, firstToken: 0, endToken: 2 },
  { role: "observation", start: 4, end: 7, firstToken: 2, endToken: 3 },
  { role: "policy", start: 7, end: 9, firstToken: 3, endToken: 5 },
] as const;

function lengths(combine?: "mean" | "sum") {
  return defineReward({
    name: "lengths",
    target,
    field: "answer",
    scope: "turn",
    combine,
    score: ({ turns }) => turns.filter(({ role }) => role === "policy").map(({ text }) => (text === "no" ? null : text.length)),
  });
}

test.each([
  [undefined, "calltooldone", 3], // (4 + 2) / 2
  ["mean", "calltooldone", 3],
  ["sum", "calltooldone", 6],
] as const)("turn scope, combined by %s: the part's score, and each turn with its place", async (combine, completion, score) => {
  const outcome = await ask(prepared(lengths(combine)), finished(completion, { turns: spans }));
  const steps = [
    { name: "turn/0", start: 0, end: 4, score: 4 },
    { name: "turn/1", start: 7, end: 9, score: 2 },
  ];
  expect(outcome).toEqual({ kind: "score", score, steps });
});

test("turns scored null are left out, and where all are the reward does not apply", async () => {
  const outcome = await ask(prepared(lengths()), finished("calltoono", { turns: spans }));
  expect(outcome).toEqual({ kind: "score", score: 4, steps: [{ name: "turn/0", start: 0, end: 4, score: 4 }] });
  expect(await ask(prepared(lengths()), finished("no"))).toEqual({ kind: "not_applicable" });
});

test.each<[string, unknown, string]>([
  ["too few values", [1], "returned 1 values; expected a list with a score or null for each of 2 turns"],
  ["a number", 1, "returned 1; expected a list with a score or null for each of 2 turns"],
  ["a NaN", [1, Number.NaN], "turn 1: returned NaN"],
  ["a text", ["1", 1], 'turn 0: returned "1"; expected a number or null'],
  ["beyond its range", [0, 2], "turn 1: returned 2, outside of its range [0, 1]"],
])("turn scope, %s: an error", async (_, returned, message) => {
  const reward = defineReward({ name: "x", target, field: "answer", scope: "turn", range: [0, 1], score: () => returned as number[] });
  expect(await ask(prepared(reward), finished("calltooldone", { turns: spans }))).toEqual({ kind: "error", message });
});

test("group scope: one value a member, a failure of one is its own", async () => {
  const rank = defineReward({
    name: "rank",
    target,
    field: "answer",
    scope: "group",
    score: (members) =>
      members.map(({ completion, target }) => {
        if (completion === "broken") return { kind: "error", message: "no judge answered" };
        if (completion === "slow") return { kind: "timeout", message: "no judge in 1 s" };
        if (completion === "") return null;
        const shorter = members.filter((other) => other.completion.length < completion.length).length;
        return { score: shorter / members.length, metrics: { target: Number(target) } };
      }),
  });
  const outcomes = await askAll(
    prepared(rank),
    ["aa", "broken", "", "slow", "a"].map((text) => finished(text)),
  );
  expect(outcomes).toEqual([
    { kind: "score", score: 2 / 5, metrics: { target: 3 } }, // "" and "a" are shorter
    { kind: "error", message: "no judge answered" },
    { kind: "not_applicable" },
    { kind: "timeout", message: "no judge in 1 s" },
    { kind: "score", score: 1 / 5, metrics: { target: 3 } },
  ]);
});

test("group scope: a list that does not fit the members fails them all", async () => {
  const reward = defineReward({ name: "x", target, field: "answer", scope: "group", score: () => [1] });
  const message = "returned 1 values; expected a list with a value for each of 2 completions";
  expect(await askAll(prepared(reward), [finished("a"), finished("b")])).toEqual([
    { kind: "error", message },
    { kind: "error", message },
  ]);
});

test.each([
  [0, { kind: "score", score: 0 }],
  [1, { kind: "score", score: 1 }],
  [1.01, { kind: "error", message: "returned 1.01, outside of its range [0, 1]" }],
  [-0.01, { kind: "error", message: "returned -0.01, outside of its range [0, 1]" }],
])("a range of [0, 1] and a score of %f", async (score, outcome) => {
  const reward = defineReward({ name: "x", target, field: "answer", range: [0, 1], score: async () => ({ score }) });
  expect(await ask(prepared(reward), finished(""))).toEqual(outcome);
});

test("what is needed is given, and nothing else", async () => {
  const image = { width: 2, height: 1, data: new Uint8Array(6) };
  const fields = { answer: "3", first: image, more: [image, image] };
  const given = { fields, tokenIds: Int32Array.of(5), logprobs: Float32Array.of(-0.5) };
  const all = defineReward({
    name: "all",
    target,
    field: "answer",
    needs: ["pictures", "tokenIds", "logprobs"],
    score: ({ pictures, tokenIds, logprobs }) => pictures.length * 100 + tokenIds[0]! * 10 + logprobs[0]!,
  });
  expect(await ask(prepared(all), finished("x", given))).toEqual({ kind: "score", score: 349.5 });
  expect(await ask(prepared(all), finished("x", { fields }))).toEqual({
    kind: "error",
    message: "needs tokenIds, which this completion comes without",
  });
  const keys = defineReward({
    name: "keys",
    target,
    field: "answer",
    score: (input) => Number("logprobs" in input || "pictures" in input),
  });
  expect(await ask(prepared(keys), finished("x", given))).toEqual({ kind: "score", score: 0 });
});

test("an input made by hand has one turn of the policy", () => {
  expect(rewardInput({ completion: "ab", target: 1 }).turns).toEqual([
    { role: "policy", text: "ab", start: 0, end: 2, firstToken: 0, endToken: 2 },
  ]);
});
