import { expect, test } from "vitest";
import { scored, weighted } from "../../tests/scored.ts";
import { vlaFormat, vlaTask } from "./vla-task.ts";

const box = { x: 0.5, y: 0.5, width: 0.4, height: 0.4 };
const path = [
  [0.1, 0.1],
  [0.3, 0.1],
  [0.5, 0.1],
];
const reply = (output: unknown, think = "<think>there</think>") => `${think}<output>${JSON.stringify(output)}</output>`;

async function total(completion: string, target: unknown) {
  return weighted([0.9, (await scored(vlaTask, completion, target)).score], [0.1, (await scored(vlaFormat, completion, null)).score]);
}

test.each<[string, string, number]>([
  ["the same box", reply(box), 1],
  ["without thinking", reply(box, ""), 0.9],
  ["hello", "hello", 0],
  // corners [0.4, 0.8] x [0.3, 0.7]: overlap 0.3 * 0.4 = 0.12, union 0.2, hull 0.5 * 0.4 = 0.2: IoU = GIoU = 0.6
  ["x 0.6", reply({ ...box, x: 0.6 }), 0.9 * 0.8 + 0.1],
  ["far away", reply({ x: 0.1, y: 0.1, width: 0.2, height: 0.2 }), 0.28367], // GIoU -0.59184
  ["a path", reply(path), 0.1],
  ["an empty list", reply([]), 0.1],
  ["blanks", "<think>a</think><output>{,}</output>", 0],
  ["tags in capitals", reply(box).replaceAll("output", "OUTPUT").replaceAll("think", "Think"), 1],
  ["the first output counts", `${reply([])}<output>${JSON.stringify(box)}</output>`, 0.1],
])("a box: %s", async (_, completion, expected) => {
  expect(await total(completion, box)).toBeCloseTo(expected, 5);
});

test.each<[string, unknown, number]>([
  ["the same", path, 1],
  ["shifted by 0.1 in y", path.map(([x, y]) => [x, y! + 0.1]), 0.962961], // D 0.1 / 2.42987 = 0.041154
  ["backwards", path.toReversed(), 0.56094], // D (0.4 + pi / 4) / 2.42987 = 0.487844
  [
    "two points",
    [
      [0.1, 0.1],
      [0.5, 0.1],
    ],
    0.900248,
  ], // D (0.2 + 0.1 ln 2) / 2.42987 = 0.110835
  ["a box", box, 0.1],
  ["a path of 257 points", Array(257).fill([0.1, 0.1]), 0.1],
  ["triples", [[0.1, 0.1, 0.1]], 0.1],
])("a path: %s", async (_, output, expected) => {
  expect(await total(reply(output), path)).toBeCloseTo(expected, 5);
});

test("coordinates are clipped to the picture", async () => {
  expect(
    (
      await scored(
        vlaTask,
        reply([
          [-3, 0],
          [9, 0],
        ]),
        [
          [0, 0],
          [1, 0],
        ],
      )
    ).score,
  ).toBe(1);
});

test("plain IoU gives disjoint guesses no order, GIoU does", async () => {
  const near = (await scored(vlaTask, reply({ x: 0.2, y: 0.5, width: 0.1, height: 0.1 }), box)).score;
  const far = (await scored(vlaTask, reply({ x: 0.05, y: 0.05, width: 0.1, height: 0.1 }), box)).score;
  expect(near).toBeGreaterThan(far);
});
