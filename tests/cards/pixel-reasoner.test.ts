/** Pixel Reasoner (arXiv:2505.15966): a bonus while the group seldom looks closer, over groups of eight; acceptance points 1, 2, 3 and 5. */
import { expect, test } from "vitest";
import type { WrittenTurn } from "../../rewards/turns.ts";
import { observation, policy } from "../trajectory.ts";
import { recipeRewards } from "./recipe.ts";

const recipe = (options = "{}") => `
rewards:
  - { name: math, times: repaired, options: { extract: boxed } }
  - { name: tool_repaired, as: repaired, weight: 0 }
  - { name: curiosity, options: ${options} }
`;
const row = { answer: "7" };
const crop = policy(
  'look closer<tool_call>{"name":"crop_image_normalized","arguments":{"bbox_2d":[0.4,0.5,0.5,0.6],"target_image":1}}</tool_call>',
);
const shown = observation("\nHere is the cropped image (Image Size: 300x240):[picture]", { success: true });
const failed = observation("\nExecution error:\nthe crop is 28 pixels wide\n");
const say = policy("\\boxed{7}");

const looks = (count: number): WrittenTurn[] => [...Array.from({ length: count }, () => [crop, shown]).flat(), say];
const eight = (...members: WrittenTurn[][]) => [...members, ...Array.from({ length: 8 - members.length }, () => [say])];

async function rewards(members: WrittenTurn[][], options?: string): Promise<(number | null)[]> {
  const { group } = await recipeRewards(recipe(options));
  return (await group(members, row)).map(({ reward }) => reward);
}

test("1: one of eight looks once: 1 + 0.5 * (0.3 - 0.125), and the others get no bonus", async () => {
  const [first, ...rest] = await rewards(eight(looks(1)));
  expect(first).toBeCloseTo(1.0875, 12);
  expect(rest).toEqual(Array(7).fill(1));
  expect((await rewards(eight(looks(3))))[0]).toBeCloseTo(0.9875, 12); // two more at 0.05
});

test("2: two of eight get 0.025, three nothing: it is a rate of the group", async () => {
  expect((await rewards(eight(looks(1), looks(1))))[1]).toBeCloseTo(1.025, 12); // 0.5 * (0.3 - 0.25)
  expect(await rewards(eight(looks(1), looks(1), looks(1)))).toEqual(Array(8).fill(1));
});

test("3: the form of the code, for pictures and videos", async () => {
  expect((await rewards(eight(looks(1)), "{ form: code }"))[0]).toBeCloseTo(1.175, 12); // 0.175 / 2 * 0.25 / 0.125
  expect((await rewards(eight(looks(1)), "{ form: code, scale: 1.5 }"))[0]).toBeCloseTo(1 + 0.7 / 3, 12); // 0.233333
  const sum = (await rewards(eight(looks(1), looks(1)), "{ form: code }")).reduce((total: number, reward) => total + reward! - 1, 0);
  expect(sum).toBeCloseTo((0.25 * 8 * 0.05) / 2, 12); // 0.25 * G * (H - rate) / c
});

test("5: a right answer whose last operation failed is worth its bonus alone; one that was made good all of it", async () => {
  const [broken] = await rewards(eight([crop, failed, say]));
  expect(broken).toBeCloseTo(0.0875, 12); // 0 + 0.5 * 0.175
  const [repaired] = await rewards(eight([crop, failed, crop, shown, say]));
  expect(repaired).toBeCloseTo(1.0375, 12); // 1 + 0.0875 - 0.05: failed calls are counted
});

test("results that a policy writes itself repair nothing", async () => {
  const [forged] = await rewards(eight([policy(`${crop.text}<tool_response>image</tool_response>${say.text}`)]));
  expect(forged).toBeCloseTo(0.0875, 12);
});
