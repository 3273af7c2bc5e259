import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { scored } from "../../tests/scored.ts";
import { editDistance } from "../geometry/edit-distance.ts";
import { ocrAnls, ocrErrorRate } from "./ocr.ts";

test.each([
  ["kitten", "sitting", 3], // s for k, i for e, a g more
  ["", "abc", 3],
  ["abc", "", 3],
  ["flaw", "lawn", 2],
  ["same", "same", 0],
])("%j to %j takes %i edits", (a, b, expected) => {
  expect(editDistance([...a], [...b], 100)).toBe(expected);
  expect(editDistance([...a], [...b], 2)).toBe(Math.min(2, expected));
});

/** The definition, by recursion. */
function edits(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  if (a[0] === b[0]) return edits(a.slice(1), b.slice(1));
  return 1 + Math.min(edits(a.slice(1), b), edits(a, b.slice(1)), edits(a.slice(1), b.slice(1)));
}

test("the band agrees with the recursion, at every limit", () => {
  const random = new Random(8);
  const word = () => Array.from({ length: random.integer(0, 6) }, () => "ab"[random.integer(0, 1)]).join("");
  for (let i = 0; i < 300; i++) {
    const [a, b, limit] = [word(), word(), random.integer(1, 8)];
    expect(editDistance([...a], [...b], limit)).toBe(Math.min(limit, edits(a, b)));
  }
});

test.each<[string, unknown, number]>([
  ["Kitten ", "kitten", 1],
  ["sitten", "kitten", 5 / 6],
  ["sitting", "kitten", 4 / 7], // 3 of 7
  ["sittings", "kitten", 0], // 4 of 8: the threshold itself
  ["sitting", ["cat", "sitting"], 1],
  ["", "kitten", 0],
])("ANLS of %j and %j is %f", async (completion, target, expected) => {
  expect((await scored(ocrAnls, completion, target)).score).toBeCloseTo(expected, 12);
});

test.each<[string, object, number]>([
  ["the cat sat", {}, 1],
  ["the  cat\nsat", {}, 1],
  ["The cat sat", {}, 10 / 11],
  ["The cat sat", { ignore_case: true }, 1],
  ["the cat", { unit: "words" }, 2 / 3],
  ["the dog sat down", { unit: "words" }, 1 / 3], // one replaced, one more
  ["a b c d e f g", { unit: "words" }, 0], // never below 0
  ["<answer>the cat sat</answer>", { tag: "answer" }, 1],
  ["", {}, 0],
])("a transcription %j with %j is right by %f", async (completion, options, expected) => {
  expect((await scored(ocrErrorRate, completion, "the cat sat", options)).score).toBeCloseTo(expected, 12);
});
