import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { boxMarksFormat } from "./box-marks-format.ts";

const score = (completion: string, options: object = {}) =>
  boxMarksFormat.score(rewardInput({ completion, target: null, options: boxMarksFormat.options!.parse(options) as never }));

const BOX = "<|begin_of_box|>3<|end_of_box|>";

// GLM-4.1V-Thinking: each of these is worth 0 even where the content is right.
test.each<[string, string, number]>([
  ["as it should be", `<think>x</think>\n<answer>It is ${BOX}.</answer>`, 1],
  ["tags in capitals", `<THINK>x</THINK><ANSWER>${BOX}</ANSWER>`, 1],
  ["no box", "<think>x</think><answer>3</answer>", 0],
  ["two boxes", `<think>x</think><answer>${BOX}${BOX}</answer>`, 0],
  ["\\boxed", `<think>x</think><answer>${BOX} \\boxed{3}</answer>`, 0],
  ["text before", `so <think>x</think><answer>${BOX}</answer>`, 0],
  ["text after", `<think>x</think><answer>${BOX}</answer> so`, 0],
  ["a nested answer", `<think>x</think><answer><answer>${BOX}</answer></answer>`, 0],
  ["a second thought", `<think>x<think></think><answer>${BOX}</answer>`, 0],
  ["a box that ends before it begins", "<think>x</think><answer><|end_of_box|>3<|begin_of_box|></answer>", 0],
  ["nothing", "", 0],
])("%s", (_, completion, expected) => {
  expect(score(completion)).toBe(expected);
});

test("two languages", () => {
  const [chinese, english] = ["字".repeat(50), "word ".repeat(200)];
  const whole = (thought: string) => `<think>${thought}</think><answer>${BOX}</answer>`;
  // the paragraph with the tag is `<think>` and 60 characters: 60 / 67 is above 80 %
  const mixed = whole(`${"字".repeat(60)}\n\n${english}`);
  expect(score(mixed)).toBe(0);
  expect(score(mixed, { language_mix: false })).toBe(1);
  expect(score(whole(`x\n\n${chinese}\n\nshort`))).toBe(1);
  expect(score(whole(`x\n\n${chinese.slice(1)}\n\n${english}`))).toBe(1); // 49 characters
});
