import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { rationaleConsistency } from "./rationale-consistency.ts";

const score = (think: string, answer: string, options: object = {}) =>
  rationaleConsistency.score(
    rewardInput({
      completion: `<think>${think}</think><answer>${answer}</answer>`,
      target: undefined,
      options: rationaleConsistency.options!.parse(options),
    }),
  );

test.each([
  ["3 + 7 = 10", "10", "number", 1],
  ["3 + 7 = 10.0, so", " 010 ", "number", 1],
  ["3 + 7 = 10", "11", "number", 0],
  ["ten", "10", "number", 0],
  ["3 + 7 = 10", "", "number", 0],
  ["A is small, so (B).", "B", "letter", 1],
  ["A is small, so (B).", "B. a cat", "letter", 1],
  ["A is small, so (B).", "A", "letter", 0],
  ["It is B. A cat sat there.", "B", "letter", 1], // an article is no option
  ["Option B is right", "B", "letter", 1],
  ["I think A is right", "A", "letter", 1],
  ["nothing", "A", "letter", 0],
  ["So the answer is a red  cat. Done", "A red cat", "phrase", 1],
  ["The answer is a dog. No, the answer is: a cat", "a dog", "phrase", 0],
  ["The answer is", "", "phrase", 0],
  ["a cat", "a cat", "phrase", 0], // nothing is concluded
])("%j and %j by %s: %i", (think, answer, conclusion, expected) => {
  expect(score(think, answer, { conclusion })).toBe(expected);
});

test("without both parts it is 0", () => {
  const options = rationaleConsistency.options!.parse({});
  for (const completion of ["<answer>10</answer>", "<think>10</think>", "10", ""]) {
    expect(rationaleConsistency.score(rewardInput({ completion, target: undefined, options }))).toBe(0);
  }
});

test.each([{ letters: "A" }, { letters: "a-z" }, { conclusion: "word" }])("%j is refused", (options) => {
  expect(rationaleConsistency.options!.safeParse(options).success).toBe(false);
});
