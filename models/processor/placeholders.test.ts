import { expect, test } from "vitest";
import { fillPlaceholders, placeholderCount } from "./placeholders.ts";

test("placeholders are filled in order", () => {
  expect(fillPlaceholders("a<p>b<p>c", "<p>", ["1", "<p><p>"])).toBe("a1b<p><p>c");
  expect(fillPlaceholders("a", "<p>", [])).toBe("a");
  expect(placeholderCount("a<p>b<p><p>", "<p>")).toBe(3);
  expect(() => fillPlaceholders("a<p>", "<p>", ["1", "2"])).toThrow("1 placeholders for 2 pictures");
});
