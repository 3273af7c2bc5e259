import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { judgeObservations, judgeSufficiency } from "./observations.ts";

const pair = (seen: string) => `<action>look</action><observation>${seen}</observation>`;

function asking(answer: (prompt: string) => string) {
  const prompts: string[] = [];
  const ask = async ({ prompt }: { prompt: string }) => {
    prompts.push(prompt);
    return { kind: "answer" as const, text: answer(prompt) };
  };
  return { prompts, judges: { get: () => ({ identity: {}, ask }) } };
}

test("each observation is asked about with what there was to see, and scored where it stands", async () => {
  const { prompts, judges } = asking((prompt) => (prompt.includes("a cat") ? "VERDICT: no" : "VERDICT: yes"));
  const completion = `So ${pair("a door")} and ${pair("a cat")}<answer>B</answer>`;
  const options = judgeObservations.options!.parse({ judge: "j" });
  const { score, steps } = (await judgeObservations.score(rewardInput({ completion, target: "A door.", options, judges }))) as {
    score: number;
    steps: { start: number; end: number; score: number }[];
  };
  expect(score).toBe(0.5);
  expect(steps.map((step) => [completion.slice(step.start, step.end), step.score])).toEqual([
    ["look</action><observation>a door", 1],
    ["look</action><observation>a cat", 0],
  ]);
  expect(prompts).toHaveLength(2);
  expect(prompts[0]).toContain("A door.");
  // the observation stands between marks that it can't have known
  expect(prompts[1]).toMatch(/\[response [0-9a-f]{12}\]\na cat\n\[end of response [0-9a-f]{12}\]/);
});

test("observations beyond the most that are judged count as untrue: writing more asks for no more", async () => {
  const { prompts, judges } = asking(() => "VERDICT: yes");
  const options = judgeObservations.options!.parse({ judge: "j", most: 2 });
  const found = await judgeObservations.score(rewardInput({ completion: pair("x").repeat(8), target: "A door.", options, judges }));
  expect(found).toMatchObject({ score: 2 / 8 });
  expect(prompts).toHaveLength(2);
});

test("sufficiency: the pairs alone are shown, then the answer to them is held against the right one", async () => {
  const { prompts, judges } = asking((prompt) => (prompt.includes("from this alone") ? "**ANSWER:** red" : "VERDICT: yes"));
  const options = judgeSufficiency.options!.parse({ judge: "j" });
  const completion = `I think blue. ${pair("a red door")}<answer>blue</answer>`;
  const example = { question: "Which colour?" };
  expect(await judgeSufficiency.score(rewardInput({ completion, target: "red", options, judges, example }))).toBe(1);
  expect(prompts[0]).toContain("Which colour?");
  expect(prompts[0]).toContain("1. look\n   a red door");
  expect(prompts.join()).not.toContain("blue");
  expect(prompts[1]).toContain("The right answer: red");
});

test("an answer that can't be read is a failure", async () => {
  const { judges } = asking(() => "it depends");
  const options = judgeSufficiency.options!.parse({ judge: "j" });
  const scored = judgeSufficiency.score(rewardInput({ completion: pair("x"), target: "red", options, judges }));
  await expect(scored).rejects.toThrow("can't be read");
});
