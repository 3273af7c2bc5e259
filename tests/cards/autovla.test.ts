/** AutoVLA (arXiv:2506.13757): ten times the driving score, less the price of long reasoning; acceptance points 1 to 3 and, of 5, the reading of actions. */
import { expect, test } from "vitest";
import { advantages } from "../../trainers/advantages/index.ts";
import { AdvantageFields } from "../../trainers/advantages/options.ts";
import { judged } from "../judged.ts";
import { policy } from "../trajectory.ts";
import { partScore, recipeRewards } from "./recipe.ts";

const RECIPE = `
rewards:
  - { name: pdm, weight: 10, options: { steps: 4 } }
  - { name: gated_length, weight: 3 }
`;
const lane = [
  [-5, -3],
  [50, -3],
  [50, 3],
  [-5, 3],
];
/** A straight reference of so many meters; the plan below makes 8 of them. */
const world = (meters: number, obstacles: object[] = []) => ({
  world: {
    lane,
    reference: [
      [0, 0],
      [meters, 0],
    ],
    obstacles,
  },
});
const PLAN = "(2,0) (4,0) (6,0) (8,0)";
const ten = world(10);
// (5 EP + 5 + 2) / 12 = 0.9 where EP = 0.76, which is 8 m of 8 / 0.76
const nine = world(8 / 0.76);

const slow = (chars: number) => policy(`<think>A complex scenario.</think>${PLAN}`.padEnd(chars, " "));
const fast = policy(`<think>Straight on.</think>${PLAN}`.padEnd(1400, " "));

test.each([
  ["fast output", fast, 9, 12],
  ["slow, 400 characters: 0.9 - 0.3 / 2", slow(400), 7.5, 12],
  ["slow, 1400 characters: 0.9 - 0.3 * sigmoid(2)", slow(1400), 6.358, 3],
  ["slow, 100 characters: 0.9 - 0.3 * sigmoid(-0.6)", slow(100), 7.937, 3],
] as const)("1: %s, times ten", async (_, turn, expected, digits) => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward([turn], nine)).toBeCloseTo(expected, digits);
});

test("2: the group of 9.0, 7.5, 6.358 and 0", async () => {
  const { group } = await recipeRewards(RECIPE);
  const scored = await group([[fast], [slow(400)], [slow(1400)], [policy("I do not know")]], nine);
  const rewards = scored.map(({ reward }) => reward!);
  expect(rewards[3]).toBe(0);
  // mean 5.7145, sample std 3.9603: (9 - 5.7145) / (3.9603 + 0.0001)
  const estimated = advantages.get("group_mean").estimate([rewards.map((reward) => judged(reward))], AdvantageFields.parse({}));
  const found = estimated[0]!.map((tokens) => tokens[0]!);
  for (const [i, expected] of [0.8296, 0.4509, 0.1624, -1.4429].entries()) expect(found[i]).toBeCloseTo(expected, 4);
});

test.each<[string, object, number]>([
  ["EP 0.8: (4 + 5 + 2) / 12", ten, 0.9167],
  // a disc of 1 m at 11 m is touched by the nose at 10.4, and all along the way there: NC 1/2, TTC 0
  ["NC 0.5, and no time to it: 0.5 * (4 + 0 + 2) / 12", world(10, [{ center: [11, 0], radius: 1, parked: true }]), 0.25],
  [
    "DAC 0",
    {
      world: {
        ...ten.world,
        lane: [
          [-5, -3],
          [9, -3],
          [9, 3],
          [-5, 3],
        ],
      },
    },
    0,
  ],
])("3: %s", async (_, fields, expected) => {
  const { one } = await recipeRewards(RECIPE);
  expect(partScore(await one([policy(PLAN)], fields as Record<string, unknown>), "pdm")).toBeCloseTo(expected, 4);
});

test("5: of twelve actions ten are driven; after seven the car stands still for three", async () => {
  const { one } = await recipeRewards(`
rewards:
  - { name: pdm, options: { read: actions, steps: 10, codebook: [[0, 0, 0], [1, 0, 0]] } }
`);
  // 1 m in each half second: 10 m and 7 m of 20
  const scored = (count: number) => one([policy("<action_1>".repeat(count))], world(20));
  for (const [count, progress] of [
    [12, 0.5],
    [7, 0.35],
  ] as const) {
    const { outcome } = (await scored(count)).parts[0]!;
    expect(outcome).toMatchObject({ kind: "score", metrics: { ep: expect.closeTo(progress, 12) } });
  }
});
