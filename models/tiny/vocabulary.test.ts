import { expect, test } from "vitest";
import { byteAlphabet, tinyVocabulary, trainMerges } from "./tokenizer.ts";
import { markupTokens, pieces, specialTokens } from "./vocabulary.ts";

test("merges follow the frequency of pairs", () => {
  // Pairs of abc, bc, bcd: bc 3 times, ab and cd once. Then a+bc and bc+d, each once and in the order of the list.
  expect(trainMerges(["abc", "bc", "bcd"])).toEqual([
    ["b", "c"],
    ["a", "bc"],
    ["bc", "d"],
  ]);
  // A pair that meets itself is merged from the left: aaa is aa + a.
  expect(trainMerges(["aaa"])).toEqual([
    ["a", "a"],
    ["aa", "a"],
  ]);
  expect(trainMerges(["a", ""])).toEqual([]);
});

test("every byte has a printable character of its own", () => {
  expect(new Set(byteAlphabet).size).toBe(256);
  expect(byteAlphabet.join("")).not.toMatch(/[\s\p{C}]/u);
  expect([byteAlphabet[0x41], byteAlphabet[0], byteAlphabet[0x20], byteAlphabet[0x0a]]).toEqual(["A", "\u0100", "Ġ", "Ċ"]);
});

test("tokens are different from one another, and not too many", () => {
  const { tokens } = tinyVocabulary();
  expect(new Set(tokens).size).toBe(tokens.length);
  expect(tokens.length).toBeGreaterThan(500);
  expect(tokens.length).toBeLessThanOrEqual(800);
  expect(tokens.slice(0, 13)).toEqual([...specialTokens, ...markupTokens]);
  expect(new Set(pieces).size).toBe(pieces.length);
});
