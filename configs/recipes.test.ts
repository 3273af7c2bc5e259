import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadRecipe } from "./load.ts";
import { recipeSchema, recipeSchemaText } from "./schema.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));
const recipes = (await readdir(folder, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).sort();

test("there are recipes", () => {
  expect(recipes).toContain("quickstart.yaml");
});

test.each(recipes)("%s is right", async (name) => {
  const { recipe } = await loadRecipe(join(folder, name));
  expect(recipe.stages.length).toBeGreaterThan(0);
});

test("what a recipe resolves to is a recipe again, and the same one", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "vlrl-recipes-"));
  for (const name of recipes) {
    const { recipe, text } = await loadRecipe(join(folder, name));
    const file = join(temporary, "resolved.yaml");
    await writeFile(file, text);
    expect((await loadRecipe(file)).recipe, name).toEqual(recipe);
  }
  await rm(temporary, { recursive: true });
});

test("compat is spelled out in what a recipe resolves to", async () => {
  const { text } = await loadRecipe(join(folder, "debug", "trl.yaml"));
  for (const line of ["compat: trl", "loss: dapo", "correction: mask", "correction_level: sequence", "std_epsilon: 0.0001"]) {
    expect(text).toContain(`    ${line}\n`);
  }
});

test("schema.json is what `vlrl schema --out configs/schema.json` writes", async () => {
  expect(JSON.parse(await readFile(join(folder, "schema.json"), "utf8"))).toEqual(JSON.parse(recipeSchemaText()));
});

test("the schema asks for what has no default, refuses unknown keys, and says what fields mean", () => {
  const schema = recipeSchema() as {
    required: string[];
    additionalProperties: boolean;
    properties: Record<string, { description?: string }>;
  };
  expect(schema.required.sort()).toEqual(["data", "model", "rewards", "stages"]);
  expect(schema.additionalProperties).toBe(false);
  for (const [key, { description }] of Object.entries(schema.properties)) expect(description, key).toBeTruthy();
  expect(JSON.stringify(schema)).not.toContain("9007199254740991");
});
