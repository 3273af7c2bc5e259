import { expect, test } from "vitest";
import { findExamples } from "./find-examples.ts";

/** A dataset that counts what it is asked for. */
function counting(size: number, idOf: (index: number) => string) {
  const asked: number[] = [];
  const at = async (index: number) => {
    asked.push(index);
    return { id: idOf(index), fields: { index } };
  };
  return { asked, dataset: { size, at } };
}

test("an id that ends with its index is looked up, in a dataset without an end too", async () => {
  const { asked, dataset } = counting(Number.POSITIVE_INFINITY, (i) => `d/${String(i).padStart(6, "0")}`);
  const found = await findExamples(dataset, ["d/000900", "d/000007"]);
  expect([...found.keys()]).toEqual(["d/000900", "d/000007"]);
  expect(asked).toEqual([900, 7]);
});

test("other ids are searched for, and what is not there is left out", async () => {
  const { asked, dataset } = counting(4, (i) => "dcba"[i]!);
  const found = await findExamples(dataset, ["a", "c", "a", "nowhere"]);
  expect([...found].map(([id, { fields }]) => [id, fields.index])).toEqual([
    ["c", 1],
    ["a", 3],
  ]);
  expect(asked).toEqual([0, 1, 2, 3]);
});

test("a number at the end that is another row's index is not trusted", async () => {
  // rows.jsonl:2 is the second line, index 1
  const { dataset } = counting(3, (i) => `rows.jsonl:${i + 1}`);
  expect((await findExamples(dataset, ["rows.jsonl:2", "rows.jsonl:3"])).get("rows.jsonl:2")!.fields.index).toBe(1);
});
