/** A reward file and its test, as they are written for a name such as `near-miss`: both work as they stand. */
export function scaffold(name: string): { file: string; code: string; testFile: string; test: string } {
  const words = name.split(/[-_]/);
  const base = words.join("-");
  const reward = words.join("_");
  const value = words.map((word, i) => (i === 0 ? word : `${word[0]!.toUpperCase()}${word.slice(1)}`)).join("");
  return { file: `${base}.ts`, code: code(reward), testFile: `${base}.test.ts`, test: test(base, value) };
}

const code = (reward: string) => `import { defineReward, lastTag, wholeNumber, z } from "vlrl";

/**
 * What it pays for, in one sentence: 1 for the right whole number in the last <answer>, else 0.
 *
 * Target: digits. Range: [0, 1]; 0 without a whole number.
 */
export default defineReward({
  name: "${reward}",
  // what a row must hold; rows that don't are refused before a run starts
  target: z.string().regex(/^[0-9]+$/, "expected a whole number"),
  field: "answer",
  range: [0, 1],
  options: z.strictObject({ tag: z.string().min(1).default("answer").describe("the tag around the answer") }),
  score({ completion, target, options }) {
    // lastTag and wholeNumber never throw: a poor completion is a low score, not an error
    const given = wholeNumber(lastTag(completion, options.tag) ?? "");
    return given !== null && given === Number(target) ? 1 : 0;
  },
});
`;

const test = (base: string, value: string) => `import { expect, test } from "vitest";
import { rewardInput } from "vlrl";
import ${variable(value)} from ${JSON.stringify(`./${base}.ts`)};

const options = ${variable(value)}.options!.parse({});

test.each([
  ["<answer>15</answer>", 1],
  ["<answer>15</answer><answer>16</answer>", 0], // the last answer counts
  ["<answer>15 or 16</answer>", 0], // no hedging
  ["<answer>16</answer> not 15", 0], // only the answer is read
  ["<answer>１５</answer>", 0], // other scripts' digits are no digits
  ["<answer>0xf</answer>", 0],
  ["<answer></answer>", 0], // a blank is not a zero
  ["", 0],
])("%j scores %d", async (completion, expected) => {
  expect(await ${variable(value)}.score(rewardInput({ completion, target: "15", options }))).toBe(expected);
});
`;

/** A variable that is no word of the language, whatever the reward is called. */
function variable(value: string): string {
  return `${value}Reward`;
}
