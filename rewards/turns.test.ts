import { expect, test } from "vitest";
import { observation, policy } from "../tests/trajectory.ts";
import { ask } from "./ask.ts";
import { rewardInput } from "./define.ts";
import { rewards } from "./index.ts";
import { episode, observedText, policyText, turnsByTag } from "./turns.ts";

test("what the policy wrote, place by place, and what it was told", () => {
  const { completion, turns } = episode([policy("ab"), observation("<x>", { n: 1 }), policy("c")]);
  expect(completion).toBe("ab<x>c");
  expect(turns.map(({ start, end, log }) => [start, end, log])).toEqual([
    [0, 2, undefined],
    [2, 5, { n: 1 }],
    [5, 6, undefined],
  ]);
  expect(policyText({ completion, turns })).toBe("ab\n\n\nc");
  expect(policyText({ completion, turns }, "")).toBe("abc");
  expect([observedText(turns, 2, 6), observedText(turns, 3, 6)]).toEqual(["<x>", ""]);
  expect(turnsByTag("a<r>b</r>c<r>d", "r").map(({ role, text }) => [role, text])).toEqual([
    ["policy", "a"],
    ["observation", "<r>b</r>"],
    ["policy", "c<r>d"],
  ]);
});

const page = episode([
  policy("<search>total</search>"),
  observation("<answer>42</answer> in all, \\boxed{42}", { documents: ["a"] }),
  policy("so"),
]);

test.each([
  ["answer", "answer", {}],
  ["text_match", "answer", {}],
  ["math", "answer", {}],
  ["contains", "key_word", { texts: ["42"] }],
  ["regex", "answer", { pattern: "42", extract: "whole" }],
  ["has_tags", "answer", { tags: ["answer"] }],
])("%s pays nobody for what the environment wrote", async (name, field, options) => {
  const definition = rewards.get(name);
  const prepared = { definition, field, options: definition.options?.parse(options) ?? {} };
  const fields = { answer: "42", key_word: ["42"] };
  const common = { exampleId: "a", fields, seed: 0, finish: "stop" as const };
  expect(await ask(prepared, { ...page, ...common })).toMatchObject({ kind: "score", score: 0 });
  const own = episode([policy(page.completion)]);
  expect(await ask(prepared, { ...own, ...common })).toMatchObject({ kind: "score", score: 1 });
});

test("a reward that reads all is given all, others line feeds; by hand they are given the same", async () => {
  const seen: string[] = [];
  const spy = (reads?: "all") => ({
    name: "spy",
    field: "answer",
    target: rewards.get("random").target,
    reads,
    score: ({ completion }: { completion: string }) => seen.push(completion),
  });
  const common = { exampleId: "a", fields: {}, seed: 0, finish: "stop" as const };
  for (const reads of [undefined, "all"] as const) {
    await ask({ definition: spy(reads), field: "answer", options: {} }, { ...page, ...common });
  }
  const blanked = `<search>total</search>${"\n".repeat(page.turns[1]!.text.length)}so`;
  expect(seen).toEqual([blanked, page.completion]);
  expect(rewardInput({ ...page, target: null }).completion).toBe(blanked);
});

test("judges are asked about all of it", () => {
  const whole = rewards.entries.filter(({ reads }) => reads === "all").map(({ name }) => name);
  expect(whole.toSorted()).toEqual(["judge_binary", "judge_graded", "judge_pairwise", "judge_rubric"]);
});
