import { expect, test } from "vitest";
import { CheckpointError } from "../core/errors.ts";
import { differences, recipeFingerprint, refuseChanges } from "./recipe.ts";

const recipe = {
  name: "digits",
  seed: 0,
  model: { name: "tiny", threads: 2 },
  dataset: { name: "digit_sum", digits: [2, 3] },
  evaluation: { rows: 1000, sampling: { temperature: 0 } },
  checkpoints: { keep_last: 2 },
  rewards: [{ name: "answer", timeout_ms: 5000, error_limit: 0.5 }],
  stages: [
    { name: "cold", kind: "sft", steps: 100, eval_every: 0, optimizer: { lr: 0.001 } },
    {
      name: "rl",
      kind: "grpo",
      steps: 50,
      eval_every: 0,
      save_every: 10,
      optimizer: { lr: 0.0001 },
      rewards: [{ weight: 1, memory_mb: 512 }],
    },
  ],
};

/** The recipe with one field changed: `stages.1.steps`. */
function changed(path: string, value: unknown): typeof recipe {
  const copy = structuredClone(recipe);
  const keys = path.split(".");
  const last = keys.pop()!;
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

test.each<[string, unknown, string, boolean]>([
  ["name", "other", "name", false],
  ["model.threads", 4, "model.threads", false],
  ["model.device", "wasm", "model.device", false],
  ["evaluation.sampling.temperature", 0.5, "evaluation.sampling.temperature", false],
  ["checkpoints.keep_last", 5, "checkpoints.keep_last", false],
  ["rewards.0.error_limit", 1, "rewards[0].error_limit", false],
  ["rewards.0.timeout_ms", 9, "rewards[0].timeout_ms", false],
  ["rewards.0.threshold", 1, "rewards[0].threshold", true],
  ["stages.1.steps", 60, "stages[1].steps", false],
  ["stages.0.steps", 60, "stages[0].steps", true], // finished: history
  ["stages.0.eval_every", 10, "stages[0].eval_every", false],
  ["stages.1.save_every", 5, "stages[1].save_every", false],
  ["stages.1.rewards.0.memory_mb", 99, "stages[1].rewards[0].memory_mb", false],
  ["stages.1.rewards.0.weight", 2, "stages[1].rewards[0].weight", true],
  ["stages.1.optimizer.lr", 0.1, "stages[1].optimizer.lr", true],
  ["seed", 1, "seed", true],
  ["model.name", "large", "model.name", true],
  ["dataset.digits", [2, 4], "dataset.digits[1]", true],
  ["dataset.digits", undefined, "dataset.digits[0]", true],
  ["names", "new field", "names", true],
])("%s = %j: %s matters: %s", (path, value, field, matters) => {
  const [first] = differences(recipe, changed(path, value), 1);
  expect(first).toMatchObject({ field, matters });
});

test("equal recipes do not differ, whatever the order of their keys", () => {
  const { name, seed, ...rest } = recipe;
  const reordered = { ...rest, seed, name };
  expect(differences(recipe, reordered, 0)).toEqual([]);
  expect(recipeFingerprint(reordered)).toBe(recipeFingerprint(recipe));
  expect(recipeFingerprint({ ...recipe, seed: 1 })).not.toBe(recipeFingerprint(recipe));
  // printf '{"a":[{"b":1,"c":2}]}' | sha256sum
  expect(recipeFingerprint({ a: [{ c: 2, b: 1 }] })).toBe("dfb62033ef624d062a58ed0e190367c0ea048c7ea84bac5f0e5f5ff8a3cf4ef2");
});

test("an empty list and no list are told apart", () => {
  expect(differences({ rewards: [] }, {}, 0)).toEqual([{ field: "rewards", old: [], new: undefined, matters: true }]);
});

test("a refusal lists each field with both values, and the cure once", () => {
  const now = { ...changed("stages.1.optimizer.lr", 0.1), seed: 3, name: "renamed", shuffle: true };
  const refuse = () => refuseChanges(recipe, now, { finishedStages: 0, file: "digits.yaml" });
  expect(refuse).toThrow(CheckpointError);
  expect(refuse).toThrow(
    [
      "digits.yaml: seed: the run was started with 0, the recipe says 3",
      "digits.yaml: stages[1].optimizer.lr: the run was started with 0.0001, the recipe says 0.1",
      "digits.yaml: shuffle: the run was started with nothing, the recipe says true",
      "  A run can't be resumed with these changed. Put the old values back, or start another run: --run-dir with a new folder.",
    ].join("\n"),
  );
  expect(() => refuseChanges(recipe, { ...recipe, name: "renamed" }, { finishedStages: 0, file: "digits.yaml" })).not.toThrow();
});
