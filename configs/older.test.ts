import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differences } from "../checkpoints/recipe.ts";
import { loadRecipe } from "./load.ts";
import { completedRecipe } from "./older.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-older-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function resolved(stage: string): Promise<Record<string, unknown>> {
  const file = join(folder, "r.yaml");
  await writeFile(
    file,
    `model: { preset: tiny, lora: {} }
data: { train: { name: digit_sum }, eval: null }
rewards: [{ name: answer }]
stages:
  - { name: warm, kind: sft, steps: 2 }
  - { name: rl, kind: grpo, steps: 3, ${stage} }
`,
  );
  return JSON.parse(JSON.stringify((await loadRecipe(file)).recipe));
}

/** Everything that the newest version would fill in, taken out of the resolved recipe. */
function without(recipe: Record<string, unknown>, paths: string[]): Record<string, unknown> {
  const copy = structuredClone(recipe);
  for (const path of paths) {
    const keys = path.split(".");
    const last = keys.pop()!;
    const section = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
    expect(section).toHaveProperty(last);
    delete section[last];
  }
  return copy;
}

describe("a recipe from before some fields", () => {
  test.each([
    "stages.1.rewards",
    "stages.1.optimizer.kind",
    "stages.0.packing",
    "model.lora.rslora",
    "data.train.overlook",
    "judges",
    "rewards.0.weight",
  ])("without %s is the one that has its default", async (path) => {
    const now = await resolved("group_size: 4");
    const old = without(now, [path]);
    expect(differences(old, now, 0).length).toBeGreaterThan(0);
    expect(differences(completedRecipe(old), now, 0)).toEqual([]);
  });

  test("differs where the field is now given another value", async () => {
    const now = await resolved("rewards: [{ name: format }]");
    const [first] = differences(completedRecipe(without(now, ["stages.1.rewards"])), now, 0);
    expect(first).toMatchObject({ field: "stages[1].rewards", old: null, matters: true });
  });

  test("has what its compat settles, rather than the schema's own default", async () => {
    const now = await resolved("compat: trl");
    expect((now.stages as { correction: string }[])[1]!.correction).toBe("mask");
    expect(differences(completedRecipe(without(now, ["stages.1.correction"])), now, 0)).toEqual([]);
  });

  test("keeps what no version of today knows, which is then a difference", async () => {
    const now = await resolved("group_size: 4");
    expect(differences(completedRecipe({ ...now, shuffle: true }), now, 0)).toEqual([
      { field: "shuffle", old: true, new: undefined, matters: true },
    ]);
  });
});
