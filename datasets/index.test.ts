import { expect, test } from "vitest";
import { z } from "zod";
import { datasetSpec, datasets, openDataset } from "./index.ts";

const context = { folder: ".", seed: 0 };

test("a spec gets its defaults, and parses again to itself", () => {
  const spec = datasetSpec.parse({ name: "jsonl", path: "rows.jsonl" });
  expect(spec).toEqual({ name: "jsonl", path: "rows.jsonl", rows: null, shuffle: true, image_field: "image" });
  expect(datasetSpec.parse(spec)).toEqual(spec);
});

test("a spec opens the dataset of its name", async () => {
  const dataset = await openDataset({ name: "digit_sum", rows: 3 }, context);
  expect(dataset.size).toBe(3);
  expect((await dataset.at(0)).id).toBe("digit_sum/train/000000");
});

test.each([
  [{ name: "digit_sums" }, ["name"], 'no dataset is called "digit_sums"; did you mean "digit_sum"?'],
  [{ name: "jsonl", path: "a", shufle: true }, [], 'Unrecognized key: "shufle"'],
  [{ name: "digit_sum", max_size: 50 }, ["max_size"], "expected no more than canvas"],
  [{}, ["name"], "Invalid discriminator value"],
])("%j is refused", async (spec, path, message) => {
  const { error } = datasetSpec.safeParse(spec);
  expect(error!.issues).toMatchObject([{ path }]);
  expect(error!.issues[0]!.message).toMatch(message);
  await expect(openDataset(spec as { name: string }, context)).rejects.toThrow(z.ZodError);
});

test("the union has a JSON Schema that lists every dataset", () => {
  const { oneOf } = z.toJSONSchema(datasetSpec) as unknown as { oneOf: { properties: { name: { const: string } } }[] };
  expect(oneOf.map(({ properties }) => properties.name.const)).toEqual(datasets.names);
});
