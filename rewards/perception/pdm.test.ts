import { expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { writtenPlan } from "./driving.ts";
import { drivingL2 } from "./driving-l2.ts";
import { pdm, pdmScore } from "./pdm.ts";

test.each([
  [{ nc: 1, dac: 1, ep: 0.8, ttc: 1, c: 1 }, 0.9167], // (4 + 5 + 2) / 12
  [{ nc: 0.5, dac: 1, ep: 0.8, ttc: 1, c: 1 }, 0.4583],
  [{ nc: 1, dac: 0, ep: 0.8, ttc: 1, c: 1 }, 0],
  [{ nc: 1, dac: 1, ep: 1, ttc: 1, c: 1 }, 1],
])("the aggregate of %j is %f", (parts, expected) => {
  expect(pdmScore(parts)).toBeCloseTo(expected, 4);
});

const codebook = [
  [0, 0, 0],
  [1, 0, 0],
  [1, 0, Math.PI / 2],
] as [number, number, number][];

test("actions: cut at ten, filled up with standing still", () => {
  const read = (count: number) => writtenPlan("go <action_1>".repeat(count), { read: "actions", codebook, steps: 10 })!;
  expect(read(12).at(-1)).toEqual([10, 0, 0]);
  expect(read(7).length).toBe(10);
  expect(read(7).slice(6)).toEqual([
    [7, 0, 0],
    [7, 0, 0],
    [7, 0, 0],
    [7, 0, 0],
  ]);
  expect(writtenPlan("no action", { read: "actions", codebook, steps: 10 })).toBeNull();
  expect(writtenPlan("<action_3>", { read: "actions", codebook, steps: 10 })).toBeNull();
});

// 4 poses of 2 m in 0.5 s each: 4 m/s straight on
const world = {
  lane: [
    [-5, -3],
    [50, -3],
    [50, 3],
    [-5, 3],
  ],
  reference: [
    [0, 0],
    [10, 0],
  ],
};
const straight = "(2,0) (4,0) (6,0) (8,0)";
const options = { steps: 4 };

test.each<[string, string, object, object, number]>([
  ["8 of 10 m", straight, {}, { nc: 1, dac: 1, ep: 0.8, ttc: 1, c: 1 }, 11 / 12],
  // the nose is at 8 + 2.4; a disc of 1 m at 11 m is touched
  ["into another", straight, { obstacles: [{ center: [11, 0], radius: 1 }] }, { nc: 0, ttc: 0 }, 0],
  [
    "into one that is parked",
    straight,
    { obstacles: [{ center: [11, 0], radius: 1, parked: true }] },
    { nc: 0.5, ttc: 0 },
    (0.5 * (4 + 0 + 2)) / 12,
  ],
  // at 4 m/s 0.9 s are 3.6 m: the nose would be at 14
  ["close behind another", straight, { obstacles: [{ center: [14.5, 0], radius: 1 }] }, { nc: 1, ttc: 0 }, 6 / 12],
  ["over the line", "(2,0) (4,0.9) (6,2) (8,2.5)", {}, { dac: 0 }, 0],
  ["standing still", "(0,0)", {}, { ep: 0, c: 1 }, 7 / 12],
  [
    "standing still where 5 m are on offer",
    "(0,0)",
    {
      reference: [
        [0, 0],
        [5, 0],
      ],
    },
    { ep: 1 },
    1,
  ],
  ["from 4 to 8 m/s at once", "(2,0) (6,0) (10,0) (14,0)", {}, { c: 0, ep: 1 }, 10 / 12], // 8 m/s^2
  ["no plan", "straight on", {}, { nc: 0, dac: 0, ep: 0 }, 0],
  ["blanks", "(,) (2,)", {}, { ep: 0 }, 0],
])("%s", async (_, completion, changes, parts, expected) => {
  const found = await scored(pdm, completion, { ...world, ...changes }, options);
  expect(found.metrics).toMatchObject(parts);
  expect(found.score).toBeCloseTo(expected, 12);
});

test("actions need a codebook", () => {
  expect(pdm.options!.safeParse({ read: "actions" }).success).toBe(false);
  expect(pdm.options!.safeParse({ read: "actions", codebook }).success).toBe(true);
});

test("distance to the logged drive", async () => {
  const drive = [
    [2, 0],
    [4, 0],
    [6, 0],
    [8, 0],
  ];
  const found = await scored(drivingL2, "(2,0) (4,1) (6,2) (8,1)", drive); // off by 0, 1, 2, 1
  expect(found).toEqual({ score: 1 - 1 / 5, metrics: { ade: 1, l2_1s: 1, l2_2s: 1 } });
  const acted = await scored(
    drivingL2,
    "<action_1><action_1>",
    [
      [1, 0],
      [2, 0],
      [3, 0],
    ],
    { read: "actions", codebook },
  );
  expect(acted.metrics.ade).toBeCloseTo(1 / 3, 12);
  expect((await scored(drivingL2, "", drive)).score).toBe(0);
});
