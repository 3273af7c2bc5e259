import { expect, test } from "vitest";
import { countOf, TagName, tagBlocks, tagMarks, withoutBlocks } from "./tags.ts";

test("marks come in order, with their places", () => {
  expect(tagMarks("<a>x</a><b>", ["b", "a"])).toEqual([
    { name: "a", closes: false, start: 0, end: 3 },
    { name: "a", closes: true, start: 4, end: 8 },
    { name: "b", closes: false, start: 8, end: 11 },
  ]);
  expect(tagMarks("<a>", [])).toEqual([]);
});

test.each([
  ["<a>x</a> <b></b>", ["x", ""], true],
  ["<a>x<a>y</a></a>", ["y"], false], // nested: the inner one
  ["<a>x<b>y</b></a>", ["y"], false],
  ["</a><a>x", [], false],
  ["<a>x</b>", [], false],
  ["<A>x</A>", [], true], // no tag of ours
  ["", [], true],
])("blocks of %j are %j", (text, inner, paired) => {
  const found = tagBlocks(text, ["a", "b"]);
  expect(found.blocks.map((block) => text.slice(block.start, block.end))).toEqual(inner);
  expect(found.blocks.map((block) => block.text)).toEqual(inner);
  expect(found.paired).toBe(paired);
});

test.each([
  ["1<r>x</r>2<r>y</r>3", "123"],
  ["1<r>x<r>y</r>2", "12"],
  ["1<r>x", "1<r>x"], // never closed
  ["</r>1", "</r>1"],
])("%j without its responses is %j", (text, left) => {
  expect(withoutBlocks(text, ["r"])).toBe(left);
});

test("pieces are counted without overlaps", () => {
  expect(countOf("aaa", "aa")).toBe(1);
  expect(countOf("a<b>a<b>", "<b>")).toBe(2);
  expect(countOf("a", "")).toBe(0);
});

test.each(["", "a b", "a>", "(a+)+", "1a"])("%j names no tag", (name) => {
  expect(TagName.safeParse(name).success).toBe(false);
});
