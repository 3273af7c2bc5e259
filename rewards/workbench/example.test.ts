import { describe, expect, test } from "vitest";
import { rewards } from "../index.ts";
import { exampleLines, scoreExample } from "./example.ts";
import { allFacts, optionLines } from "./facts.ts";

describe.each(rewards.entries.map((reward) => [reward.name, reward] as const))("%s", (_, reward) => {
  test.each(reward.examples ?? [])("%#: an example scores what it says", async (example) => {
    const outcome = await scoreExample(reward, example);
    if (example.score === null) expect(outcome).toEqual({ kind: "not_applicable" });
    else expect(outcome).toMatchObject({ kind: "score", score: expect.closeTo(example.score, 9) });
  });
});

test("every reward has an example", () => {
  const lacking = rewards.entries.filter(({ examples = [] }) => examples.length === 0);
  expect(lacking.map(({ name }) => name)).toEqual([]);
});

test("every reward says what it scores, whose definition it is, and what each of its options means", async () => {
  const facts = await allFacts();
  expect(facts.filter(({ line }) => line === "").map(({ name }) => name)).toEqual([]);
  expect(facts.filter(({ source }) => source === null).map(({ name }) => name)).toEqual([]);
  const bare = rewards.entries.flatMap((reward) =>
    optionLines(reward).flatMap(({ name, description }) => (description === undefined ? [`${reward.name}.${name}`] : [])),
  );
  expect(bare).toEqual([]);
});

test("an example that is wrong, or that the reward refuses, is told", async () => {
  const answer = rewards.get("answer");
  expect(await scoreExample(answer, { completion: "<answer>1</answer>", target: "2", score: 1 })).toMatchObject({ score: 0 });
  expect(await scoreExample(answer, { completion: "<answer>1</answer>", target: " ", score: 1 })).toMatchObject({ kind: "error" });
  await expect(scoreExample(rewards.get("choice"), { completion: "", target: "B", options: { mod: 1 }, score: 0 })).rejects.toThrow("mod");
});

test("who wrote what, siblings and a judge reach the reward", async () => {
  const turns = {
    completion: [
      ["policy", "ab"],
      ["observation", "c"],
      ["policy", "d"],
    ] as const,
    score: 1,
  };
  const reward = {
    ...rewards.get("answer"),
    target: rewards.get("format").target,
    range: [0, 2] as const,
    scope: "turn" as const,
    score: ({ turns: all }: { turns: readonly { text: string; role: string }[] }) =>
      all.filter(({ role }) => role === "policy").map(({ text }) => text.length),
  };
  expect(await scoreExample(reward, turns)).toMatchObject({ score: 1.5 }); // (2 + 1) / 2
});

test("as lines", () => {
  const image = { width: 1, height: 1, data: new Uint8Array(3) };
  expect(exampleLines({ completion: "a\nb", target: image, tokens: 3, score: 1 / 3 })).toEqual([
    "completion  a",
    "            b",
    'target      {"width":1,"height":1,"data":"3 bytes"}',
    "tokens      3",
    "score       0.333333",
  ]);
  expect(
    exampleLines({
      completion: [
        ["policy", "a"],
        ["observation", "b"],
      ],
      score: null,
    }),
  ).toEqual(["completion  policy: a", "            observation: b", "score       does not apply"]);
});
