import { afterEach, expect, test } from "vitest";
import { RecipeError } from "../core/errors.ts";
import type { Outcome, Scorer } from "../core/types.ts";
import { createScorer, totalReward } from "./compose.ts";
import { RewardSpec } from "./options.ts";

const context = { folder: "/nowhere", seed: 0, recipe: "recipe.yaml" };
const opened: Scorer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((scorer) => scorer.close()));
});

async function scorer(...specs: unknown[]): Promise<Scorer> {
  const made = await createScorer(
    specs.map((spec) => RewardSpec.parse(spec)),
    context,
  );
  opened.push(made);
  return made;
}

const BOX = "<box>0,0,10,10</box>";
const example = { id: "a", fields: { answer: "3", digits: [{ digit: 3, box: [0, 0, 10, 10] }] } };
const finished = { example, tokens: 9, finish: "stop" as const };

test("the reward is the weighted sum of the parts", async () => {
  const made = await scorer(
    { name: "answer" },
    { name: "boxes", weight: 0.5 },
    { name: "format", weight: -2 },
    { name: "steps", log_only: true },
  );
  expect(made.names).toEqual(["answer", "boxes", "format", "steps"]);
  // answer 1, boxes 1 of 2 guesses, format 1, steps 1 of 2: 1 + 0.5 * 0.5 - 2 * 1
  const { parts, reward } = await made.score({ ...finished, completion: `<think>3${BOX}9${BOX}</think><answer>3</answer>` });
  expect(reward).toBeCloseTo(-0.75, 12);
  expect(parts.map(({ name, outcome }) => [name, outcome.kind === "score" && outcome.score])).toEqual([
    ["answer", 1],
    ["boxes", 0.5],
    ["format", 1],
    ["steps", 0.5],
  ]);
  for (const { latencyMs } of parts) expect(latencyMs).toBeGreaterThanOrEqual(0);
});

const part = (weight: number, log_only = false) => ({ weight, log_only });
const score = (value: number): Outcome => ({ kind: "score", score: value });
const error: Outcome = { kind: "error", message: "broken" };
const timeout: Outcome = { kind: "timeout", message: "slow" };
const absent: Outcome = { kind: "not_applicable" };

test.each<[string, ReturnType<typeof part>[], Outcome[], number | null]>([
  ["a sum", [part(1), part(0.5)], [score(1), score(3)], 2.5],
  ["a part that does not apply is left out", [part(1), part(2)], [score(1), absent], 1],
  ["nothing applies", [part(1)], [absent], null],
  ["an error", [part(1), part(1)], [score(1), error], null],
  ["a time-out", [part(1), part(1)], [timeout, score(1)], null],
  ["an error that is only logged", [part(1), part(1, true)], [score(1), error], 1],
  ["an error of no weight", [part(1), part(0)], [score(1), error], 1],
  ["all is only logged", [part(1, true)], [score(1)], null],
  ["no parts", [], [], null],
  ["too large for a number", [part(1e308), part(1)], [score(10), score(1)], null],
])("total: %s", (_, specs, outcomes, expected) => {
  expect(totalReward(specs, outcomes)).toBe(expected);
});

test("`target` names another field", async () => {
  const made = await scorer({ name: "answer", target: "caption" });
  const { reward } = await made.score({
    ...finished,
    example: { id: "a", fields: { answer: "3", caption: "three" } },
    completion: "<answer>Three</answer>",
  });
  expect(reward).toBe(1);
});

test("rows are checked against every reward's target", async () => {
  const made = await scorer({ name: "answer" }, { name: "boxes" }, { name: "steps" });
  expect(await made.check(example)).toEqual([]);
  expect(await made.check({ id: "a", fields: { answer: true, digits: [{ digit: 3 }] } })).toEqual([
    'reward "answer" needs answer: expected number, received boolean, or expected string, received boolean',
    'reward "boxes" needs digits[0].box: expected four numbers: x1, y1, x2, y2',
  ]);
  expect(await made.check({ id: "a", fields: { answer: "3", question: "?" } })).toEqual([
    'reward "boxes" needs digits, which the row lacks; it has answer, question',
    'reward "steps" needs digits, which the row lacks; it has answer, question',
  ]);
});

test("a target that does not fit is an error, not a 0", async () => {
  const made = await scorer({ name: "box_iou" });
  const { parts, reward } = await made.score({ ...finished, completion: BOX });
  expect(reward).toBeNull();
  expect(parts[0]!.outcome).toEqual({ kind: "error", message: "needs box, which the row lacks; it has answer, digits" });
});

test("the random control is the same in every scorer, and changes with its seed", async () => {
  const ask = async (options?: unknown) => {
    const made = await scorer({ name: "random", options });
    return (await made.score({ ...finished, completion: "x" })).reward;
  };
  expect(await ask()).toBe(await ask({ seed: 0 }));
  expect(await ask()).not.toBe(await ask({ seed: 1 }));
});

test("all that is wrong with a recipe is said at once", async () => {
  const spec = RewardSpec.parse({ name: "answer" });
  const made = createScorer([spec, spec, { ...spec, name: "boxs" }, { ...spec, name: undefined, file: "./mine.ts" }], context);
  await expect(made).rejects.toThrow(RecipeError);
  await expect(made).rejects.toThrow(
    [
      'recipe.yaml: rewards[1].name: a second reward called "answer"',
      "  Parts are told apart by name. Remove one, or call it something else: `as: other_name`.",
      'recipe.yaml: rewards[2].name: no reward is called "boxs"; did you mean "boxes"?',
      "recipe.yaml: rewards[3].file: there is no file /nowhere/mine.ts",
      "  Paths are relative to the recipe's folder.",
    ].join("\n"),
  );
});

test("a row is checked by the parts that its fields choose, and must have those fields", async () => {
  const made = await scorer(
    { name: "answer" },
    { name: "box_iou", when: { field: "task", is: "box" } },
    { name: "steps", when: { field: "level", in: [1, 2] } },
  );
  expect(await made.check({ id: "a", fields: { answer: "3", task: "text", level: 3 } })).toEqual([]);
  expect(await made.check({ id: "a", fields: { answer: "3", task: "box", level: 3 } })).toEqual([
    'reward "box_iou" needs box, which the row lacks; it has answer, task, level',
  ]);
  expect(await made.check({ id: "a", fields: { answer: "3", task: "text" } })).toEqual([
    'reward "steps" needs level for its condition, which the row lacks; it has answer, task',
  ]);
});

test("outcome and reward are kept apart", async () => {
  const made = await scorer({ name: "format", weight: 0.5 }, { name: "answer", as: "right", weight: 10, outcome: true });
  expect(made.names).toEqual(["format", "right"]);
  const { reward, outcome } = await made.score({ ...finished, completion: "<answer>3</answer>" });
  expect([reward, outcome]).toEqual([10, 1]);
});

test("references that lead nowhere, or back to where they start, are the recipe's errors", async () => {
  const specs = [
    { name: "answer", times: "formt" },
    { name: "format", when: [{ part: "format", above: 0 }] },
  ].map((spec) => RewardSpec.parse(spec));
  await expect(createScorer(specs, context)).rejects.toThrow(
    [
      'recipe.yaml: rewards[0].times: no part is called "formt"',
      '  Did you mean "format"?',
      "recipe.yaml: rewards[1].when[0].part: goes round in a ring: format → format",
      "  A part can't depend on itself: remove one of these.",
    ].join("\n"),
  );
});
