import { expect, test } from "vitest";
import { endMatch, fullMatch, isReadable, layerMatch } from "./pattern.ts";

test.each([
  ["q|v", "v", true], // the whole path, whichever side of the bar
  ["q|v", "q.v", false],
  [".*self_attn.*(q|v)_proj$", "model.layers.0.self_attn.q_proj", true],
  [".*self_attn", "model.layers.0.self_attn.q_proj", false],
  ["\\Aa\\.b\\Z", "a.b", true],
  ["(?P<x>ab)\\.(?P=x)", "ab.ab", true],
  ["(?P<x>ab)\\.(?P=x)", "ab.ac", false],
  ["(?i)MODEL\\..*", "model.x", true],
  ["[]a]+", "a]a", true], // in Python ] may come first in a class
  ["[^]a]+", "b", true],
  ["[^]a]+", "]", false],
  ["a{,2}", "aa", true],
  ["a{,2}", "aaa", false],
  ["model\\.layers\\.[\\d]{1,}(?!.*\\.experts\\.\\d)\\..*?(?:q_proj|v_proj)", "model.layers.10.self_attn.v_proj", true], // as unsloth writes it
  ["\\[x\\]", "[x]", true],
])("%s fits %s: %s", (pattern, text, expected) => expect(fullMatch(pattern).test(text)).toBe(expected));

test.each(["(", "(?>a)", "a++", "(?x)a b", "(?#note)a", "(?(1)a|b)"])("%s can't be read", (pattern) =>
  expect(isReadable(pattern)).toBe(false),
);

test.each([
  ["q_proj", "layers.0.q_proj", true],
  ["q_proj", "layers.0.xq_proj", false],
  ["^layers.0.q_proj", "layers.0.q_proj", true],
  ["^layers.0.q_proj", "model.layers.0.q_proj", false],
  ["0.(q|k)_proj", "layers.0.k_proj", true],
])("rank pattern %s fits %s: %s", (pattern, text, expected) => expect(endMatch(pattern).test(text)).toBe(expected));

test("a layer pattern finds the first number behind it", () => {
  expect(layerMatch("layers").exec("model.layers.3.experts.7.up_proj")?.groups?.layer).toBe("3");
  expect(layerMatch("experts").exec("model.layers.3.experts.7.up_proj")?.groups?.layer).toBe("7");
  expect(layerMatch("[a-z]+").exec("model.layers.3.experts.7.up_proj")?.groups?.layer).toBe("3");
  expect(layerMatch("h|layers").exec("layers.12.x")?.groups?.layer).toBe("12");
  expect(layerMatch("h").test("model.layers.3.x")).toBe(false);
});
