import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { judgeRelative } from "./relative.ts";

function asked(completion: string, answer: (prompt: string) => string, options: object = {}) {
  const prompts: string[] = [];
  const ask = async ({ prompt }: { prompt: string }) => {
    prompts.push(prompt);
    return { kind: "answer" as const, text: answer(prompt) };
  };
  const judges = { get: () => ({ identity: {}, ask }) };
  const scored = judgeRelative.score(
    rewardInput({ completion, target: "a door", options: judgeRelative.options!.parse({ judge: "j", ...options }), judges }),
  );
  return { prompts, scored };
}

test("the answer and the reference are graded by the same question, each without the other", async () => {
  const { prompts, scored } = asked("<think>hm</think><answer>a red door</answer>", (prompt) =>
    prompt.includes("red") ? "SCORE: 7" : "SCORE: 5",
  );
  // 1 - exp(-2)
  expect(await scored).toEqual({ score: 1 - Math.exp(-2), metrics: { lead: 2 } });
  expect(prompts).toHaveLength(2);
  expect(prompts[0]).toMatch(/\na red door\n/);
  expect(prompts[0]).not.toContain("hm");
  expect(prompts[1]).toMatch(/\na door\n/);
});

test("no better than the reference is nothing", async () => {
  expect(await asked("<answer>a door</answer>", () => "SCORE: 5").scored).toMatchObject({ score: 0 });
});

test("nobody is asked about no answer; a grade outside of the range is none", async () => {
  for (const completion of ["a red door", "<answer> </answer>"]) {
    const { prompts, scored } = asked(completion, () => "SCORE: 5");
    expect([await scored, prompts.length]).toEqual([0, 0]);
  }
  await expect(asked("<answer>x</answer>", () => "SCORE: 50").scored).rejects.toThrow("can't be read");
});
