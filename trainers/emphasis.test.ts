import { expect, test } from "vitest";
import { emphasized } from "./emphasis.ts";

const pieces = ["<end>", "3", "7", "<box>", "4", ",10", "</box>"];
// 3<box>4,10</box>7 and the end
const tokens = [1, 3, 4, 5, 6, 2, 0];
const text = "3<box>4,10</box>7";

test("tokens that a pattern touches get its weight, the others 1", () => {
  expect([...emphasized(tokens, text, pieces, [{ pattern: "\\d(?=<box>)", weight: 5 }])!]).toEqual([5, 1, 1, 1, 1, 1, 1]);
  expect([...emphasized(tokens, text, pieces, [{ pattern: "0</", weight: 2 }])!]).toEqual([1, 1, 1, 2, 2, 1, 1]);
});

test("every match counts, the last pattern wins, an empty match is none", () => {
  const emphasis = [
    { pattern: "\\d+", weight: 3 },
    { pattern: "7", weight: 0 },
    { pattern: "q*", weight: 9 },
  ];
  expect([...emphasized(tokens, text, pieces, emphasis)!]).toEqual([3, 1, 3, 3, 1, 0, 1]);
});

test("null where the tokens do not make up the text", () => {
  expect(emphasized(tokens, "another text", pieces, [])).toBeNull();
});
