import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { rewardInput } from "../define.ts";
import { thinkFormat } from "./think-format.ts";

const score = (completion: string) => thinkFormat.score(rewardInput({ completion, target: undefined }));

test.each([
  ["<think>a</think>b", 1],
  ["<think></think>", 1],
  ["<think>a\nb</think>\nc\n", 1],
  ["<think>a</think>b</think>", 1], // closed twice
  [" <think>a</think>", 0], // something before it
  ["<think>a<think>b</think>", 0],
  ["<think>a</think><think>", 0],
  ["</think><think>", 0],
  ["<think>a", 0],
  ["", 0],
])("%j scores %f", (completion, expected) => {
  expect(score(completion)).toBe(expected);
});

test("it is TRL's pattern", () => {
  const pattern = /^<think>(?!.*<think>)(.*?)<\/think>.*$/ms;
  const random = Random.of(0, "think format");
  const pieces = ["<think>", "</think>", "<think", ">", "\n", " ", "a"];
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random.uint32() % 7 }, () => pieces[random.uint32() % pieces.length]).join("");
    // Python's `re.match` looks at the start of the text alone, where JavaScript's ^ with m looks at every line
    expect(score(text), JSON.stringify(text)).toBe(pattern.exec(text)?.index === 0 ? 1 : 0);
  }
});
