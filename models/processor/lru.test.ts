import { expect, test } from "vitest";
import { Lru } from "./lru.ts";

test("keeps what was used last", () => {
  const lru = new Lru<number>(2);
  const made: string[] = [];
  const get = (key: string) =>
    lru.get(key, () => {
      made.push(key);
      return key.length;
    });
  for (const key of ["a", "bb", "a", "ccc", "a", "bb"]) expect(get(key)).toBe(key.length);
  // "ccc" pushed out "bb", because "a" had been used since.
  expect(made).toEqual(["a", "bb", "ccc", "bb"]);
  expect(lru.size).toBe(2);
});

test("a failure is not kept", () => {
  const lru = new Lru<number>(2);
  expect(() =>
    lru.get("a", () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(lru.get("a", () => 1)).toBe(1);
});
