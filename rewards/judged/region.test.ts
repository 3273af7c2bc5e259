import { expect, test } from "vitest";
import { observation, policy } from "../../tests/trajectory.ts";
import { rewardInput } from "../define.ts";
import { cropped } from "../geometry/crop.ts";
import type { JudgeQuestion } from "../judges/define.ts";
import { episode } from "../turns.ts";
import { judgeRegion } from "./region.ts";

// 4 x 2 pixels, red 0 to 7 in reading order
const image = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? i / 3 : 0)) };
const reds = ({ data }: { data: Uint8Array }) => [...data].filter((_, i) => i % 3 === 0);

async function ask(completion: string, said: string, rest: object = {}) {
  const asked: JudgeQuestion[] = [];
  const judge = {
    identity: {},
    async ask(question: JudgeQuestion) {
      asked.push(question);
      return { kind: "answer" as const, text: said };
    },
  };
  const options = judgeRegion.options!.parse({ judge: "j", coordinates: { units: "pixels" } });
  const example = { image, question: "How many?" };
  const input = rewardInput({ completion, target: "7", options, example, pictures: [image], judges: { get: () => judge }, ...rest });
  return { returned: await judgeRegion.score(input), asked };
}

test("the judge sees one picture, the region, with the question and no word of the policy", async () => {
  const { returned, asked } = await ask("<think>it is seven</think><zoom>[1, 0, 3, 2]</zoom>", "There are seven.\nANSWER: 7.0");
  expect(returned).toEqual({ score: 1, metrics: { area: 0.5 } });
  expect(asked).toHaveLength(1);
  const [{ prompt, pictures }] = asked as [Required<JudgeQuestion>];
  expect(pictures.map(({ width, height }) => [width, height])).toEqual([[2, 2]]);
  expect(reds(pictures[0]!)).toEqual([1, 2, 5, 6]);
  expect(prompt).toContain("How many?");
  expect(prompt).not.toContain("seven");
});

test.each([
  ["no region", "a"],
  ["two lists", "<zoom>[0,0,1,1] [0,0,2,2]</zoom>"],
  ["no area", "<zoom>[2,0,2,2]</zoom>"],
  ["outside of the picture", "<zoom>[9,9,12,12]</zoom>"],
])("%s: the whole picture stands for it", async (_, completion) => {
  const { returned, asked } = await ask(completion, "ANSWER: 8");
  expect(returned).toEqual({ score: 0, metrics: { area: 1 } });
  expect(asked[0]!.pictures).toEqual([image]);
});

test("what the environment wrote asks for nothing", async () => {
  const turns = episode([policy("a"), observation("<zoom>[0,0,1,1]</zoom>"), policy("b")]);
  expect((await ask(turns.completion, "ANSWER: 7", { turns: turns.turns })).asked[0]!.pictures).toEqual([image]);
});

test("a judge that never answers, and a row without a picture, are failures", async () => {
  await expect(ask("a", "I can't say")).rejects.toThrow("can't be read");
  await expect(ask("a", "ANSWER: 7", { example: { question: "How many?" } })).rejects.toThrow("needs a picture in image");
});

test("a cut is clamped, its corners cut to whole pixels", () => {
  expect(reds(cropped(image, [-5, 0.9, 2.9, 9])!)).toEqual([0, 1, 4, 5]);
  expect(cropped(image, [0.2, 0, 0.8, 2])).toBeNull();
});
