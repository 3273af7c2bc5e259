/** GRiP (arXiv:2511.22172): boxes by salience, and sound ways of reasoning where the answer is right. */
import { describe, expect, test } from "vitest";
import { composed } from "../composed.ts";

const rewards = composed("[{ name: answer }, { name: format }, { name: salience_iou }, { name: heuristics_max }]");
const A = { box: [0, 0, 10, 10], salience: 1 };
const B = { box: [20, 20, 30, 30], salience: 0.2 };
const row = (boxes: object[]) => ({ answer: "B", boxes, grounded: { answer: "B", boxes, options: ["red", "blue"] } });
const tags = (boxes: number[][]) => boxes.map((box) => `<box>[${box}]</box>`).join(" ");
const reply = (thought: string, answer = "B") => `<think>${thought}</think><answer>${answer}</answer>`;
const far = Array.from({ length: 8 }, (_, i) => [500 + 20 * i, 500, 510 + 20 * i, 510]);

describe("salience", () => {
  test.each([
    ["point 1: B alone", [B.box], 0.2 / 1.2, 1],
    ["point 1: A alone", [A.box], 1 / 1.2, 1],
    ["point 1: both", [A.box, B.box], 1, 1],
    ["point 1: none", [], 0, 0],
    ["point 2: IoU 50 / 150 with A", [[5, 0, 15, 10]], 1 / 3 / 1.2, 1 / 3], // 0.2778 and 0.3333: 0.3056 together
    ["point 3: 8 far boxes more", [A.box, B.box, ...far], 1, 0.2], // 0.6
  ])("%s", async (_, boxes, recall, precision) => {
    const { parts, metrics } = await rewards(reply(tags(boxes)), row([A, B]));
    expect(metrics.recall).toBeCloseTo(recall, 12);
    expect(metrics.precision).toBeCloseTo(precision, 12);
    expect(parts.salience_iou).toBeCloseTo((recall + precision) / 2, 12);
  });

  test("point 1: unweighted, B alone is half", async () => {
    const even = [A, B].map(({ box }) => ({ box, salience: 1 }));
    expect((await rewards(reply(tags([B.box])), row(even))).metrics.recall).toBe(0.5);
  });

  test("point 3: recall alone is not bothered by spam", async () => {
    const recall = composed("[{ name: salience_iou, options: { mode: recall } }]");
    expect((await recall(tags([A.box, B.box, ...far]), row([A, B]))).reward).toBe(1);
  });

  test("point 5: boxes without extent, and with blanks unless lenient, are none", async () => {
    const thought = "<box>[5,5,5,9]</box> <box>[0, 0, 10, 10]</box>";
    expect((await rewards(reply(thought), row([A]))).parts.salience_iou).toBe(0);
    const lenient = composed("[{ name: salience_iou, options: { lenient: true } }]");
    expect((await lenient(thought, row([A]))).reward).toBe(1);
  });
});

describe("point 4: the whole", () => {
  const ruled = "it is not red, rule out blue.";
  test.each([
    ["right, well formed, boxes 0.3056, one way of reasoning", reply(`${ruled} ${tags([[5, 0, 15, 10]])}`), 3.3056],
    // a box that is looked at again, as much as any other way
    ["another way is worth the same", reply(`it is there, check it again ${tags([B.box, B.box])}`), 3 + (0.2 / 1.2 + 1) / 2],
    ["several ways are worth no more", reply(`${ruled} check it again ${tags([B.box, B.box])}`), 3 + (0.2 / 1.2 + 1) / 2],
    ["wrong: no way of reasoning pays", reply(`${ruled} ${tags([[5, 0, 15, 10]])}`, "A"), 1.3056],
  ])("%s", async (_, completion, expected) => {
    expect((await rewards(completion, row([A, B]))).reward).toBeCloseTo(expected, 4);
  });

  test("without targets the term of boxes is left out", async () => {
    const { reward, parts } = await rewards(reply(`${ruled} ${tags([A.box])}`), row([]));
    expect(parts.salience_iou).toBeNull();
    expect(reward).toBe(3);
  });
});

test("point 6: TreeBench's two numbers on four items, 2 right, IoU 1, 0.5, 0, 0.5", async () => {
  const box = [0, 0, 10, 10];
  const items = [reply(tags([box])), reply(tags([[0, 0, 10, 5]]), "A"), reply(tags([[50, 50, 60, 60]])), reply(tags([[0, 0, 5, 10]]), "C")];
  const scored = await Promise.all(items.map((text) => rewards(text, row([{ box, salience: 1 }]))));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(scored.map(({ parts }) => parts.answer!))).toBe(0.5);
  expect(mean(scored.map(({ metrics }) => metrics.recall!))).toBe(0.5);
});
