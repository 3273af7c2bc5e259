/** VLA-R1 (arXiv:2510.01623): boxes by generalised IoU, paths by a distance that looks at direction and length. Places 0 to 1. */
import { expect, test } from "vitest";
import { composed } from "../composed.ts";

const rewards = composed("[{ name: vla_task, weight: 0.9 }, { name: vla_format, weight: 0.1 }]");
const box = { output: { x: 0.5, y: 0.5, width: 0.4, height: 0.4 } };
const path = { output: [0.1, 0.3, 0.5].map((x) => [x, 0.1]) };
const reply = (output: unknown) => `<think>x</think><output>${JSON.stringify(output)}</output>`;
const at = (x: number, y: number, side: number) => ({ x, y, width: side, height: side });
/** sqrt 2 + 0.25 pi + 0.1 ln 10 */
const LARGEST = 2.42987;

test.each<[string, string, object, number]>([
  ["point 1: the same box", reply(box.output), box, 1],
  ["point 1: without thinking", reply(box.output).replace("<think>x</think>", ""), box, 0.9],
  ["point 1: prose", "hello", box, 0],
  // [0.4, 0.8] beside [0.3, 0.7]: 0.3 * 0.4 of 0.5 * 0.4, and no more around them: GIoU = IoU = 0.6
  ["point 2: a box beside it", reply(at(0.6, 0.5, 0.4)), box, 0.9 * 0.8 + 0.1], // 0.82
  // no overlap: areas 0.16 + 0.04 within 0.7 * 0.7: GIoU = -(0.49 - 0.2) / 0.49 = -0.59184
  ["point 2: a box elsewhere", reply(at(0.1, 0.1, 0.2)), box, 0.9 * 0.20408 + 0.1], // 0.28367
  ["point 3: a path 0.1 lower", reply(path.output.map(([x]) => [x, 0.2])), path, 0.9 * (1 - 0.1 / LARGEST) + 0.1], // 0.962961
  // the ends 0.4 apart and in the opposite direction
  ["point 4: a path turned round", reply([...path.output].reverse()), path, 0.9 * (1 - (0.4 + 0.25 * Math.PI) / LARGEST) + 0.1], // 0.560940
  // the middle point is 0.2 from the nearer end, whose segment is twice as long
  ["point 5: two of the three points", reply([path.output[0], path.output[2]]), path, 0.9 * (1 - (0.2 + 0.1 * Math.LN2) / LARGEST) + 0.1], // 0.900248
  ["point 6: a path for a box", reply(path.output), box, 0.1],
  ["point 6: an empty list", reply([]), path, 0.1],
])("%s", async (_, completion, row, expected) => {
  expect((await rewards(completion, { ...row })).reward).toBeCloseTo(expected, 5);
});

test("point 8: plain IoU tells no disjoint boxes apart, which the generalised one does", async () => {
  const plain = composed("[{ name: box_overlap, options: { tag: output } }]");
  const general = composed("[{ name: box_overlap, options: { tag: output, metric: giou01 } }]");
  const boxes = [
    [90, 0, 99, 9],
    [50, 0, 59, 9],
    [20, 0, 29, 9],
  ].map((one) => `<output>[${one}]</output>`);
  const group = (score: typeof plain) => Promise.all(boxes.map(async (text) => (await score(text, { box: [0, 0, 9, 9] })).reward!));
  expect(await group(plain)).toEqual([0, 0, 0]);
  const [far, nearer, near] = await group(general);
  // 18 of 99, of 59 and of 29 wide: (1 - 81 / 99) / 2 and so on
  for (const [i, expected] of [9 / 99, 9 / 59, 9 / 29].entries()) expect([far, nearer, near][i]).toBeCloseTo(expected, 12);
});
