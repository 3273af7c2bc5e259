/** Artemis (arXiv:2512.01988): labelled boxes as the thinking, matched one to one with reference proposals. */
import { expect, test } from "vitest";
import { composed } from "../composed.ts";

const rewards = composed(`
- { name: structured_format }
- { name: box_overlap, options: { tag: answer } }
- { name: hungarian_proposals, absent: redistribute }`);

const list = (label: string, ...boxes: number[][]) => JSON.stringify(boxes.map((bbox) => ({ label, bbox })));
const reply = (think: string, answer = list("dog", [0, 0, 50, 10])) => `<think>${think}</think><answer>${answer}</answer>`;
const row = (...boxes: number[][]) => ({ box: [0, 0, 100, 10], proposals: boxes.map((box) => ({ label: "dog", box })) });

test("point 1: the matching of largest total, in a whole reply", async () => {
  // stretches of a line: 660 / 1100 = 0.6, 550 / 1100 = 0.5; (633 - 270) / 660 = 0.55, (633 - 550) / (1100 - 270) = 0.1
  const references = row([0, 0, 1100, 10], [270, 0, 633, 10]);
  const { reward, parts } = await rewards(reply(list("dog", [0, 0, 660, 10], [550, 0, 1100, 10])), references);
  // labels all equal: 0.5 * 0.5 + 0.5 and 0.5 * 0.55 + 0.5; greedily it were 0.6 and 0.1: (0.8 + 0.55) / 2
  expect(parts.hungarian_proposals).toBeCloseTo((0.75 + 0.775) / 2, 12); // 0.7625
  expect(reward).toBeCloseTo(1 + 0.5 + 0.7625, 12);
});

test("point 2: words of a label, F1 0.8", async () => {
  const references = { box: [0, 0, 100, 10], proposals: [{ label: "black shirt", box: [0, 0, 9, 9] }] };
  const { parts } = await rewards(reply(list("left black shirt", [0, 0, 9, 9])), references);
  expect(parts.hungarian_proposals).toBeCloseTo(0.5 + 0.5 * 0.8, 12); // P 2/3, R 1
});

test.each([
  ["point 3: one of three", list("dog", [0, 0, 9, 9], [500, 0, 510, 9], [600, 0, 610, 9]), 1 / 3, 1],
  ["point 3: none", "[]", 0, 1],
  ["point 7: prose", "a dog at the left", 0, 0],
])("%s", async (_, think, reason, format) => {
  const { parts } = await rewards(reply(think), row([0, 0, 9, 9]));
  expect(parts.hungarian_proposals).toBeCloseTo(reason, 12);
  expect(parts.structured_format).toBe(format);
});

test("without references their weight goes to form and answer", async () => {
  // (1 + 0.5) * 3 / 2
  expect((await rewards(reply(list("dog", [0, 0, 9, 9])), row())).reward).toBeCloseTo(2.25, 12);
});

test("point 5: five things listed, four answered", async () => {
  const five = list("cup", ...Array.from({ length: 5 }, (_, i) => [10 * i, 0, 10 * i + 9, 9]));
  const text = `<think>${five}</think><answer>{"cup count": 4}</answer>`;
  const plain = await composed("[{ name: count }]")(text, { count: 5 });
  expect([plain.reward, plain.metrics]).toEqual([0, { answer: 0, think: 1, fallback: 0 }]);
  const combined = await composed("[{ name: count, options: { fallback: think } }]")(text, { count: 5 });
  expect([combined.reward, combined.metrics.fallback]).toEqual([1, 1]);
});

test("point 6: a box without a label can't hit, and a sofa is a couch", async () => {
  const detection = composed("[{ name: detection, options: { tag: answer } }]");
  const objects = [{ label: "couch", box: [1, 2, 3, 4] }];
  expect((await detection('<answer>[{"bbox_2d":[1,2,3,4]}]</answer>', { objects })).reward).toBe(0);
  expect((await detection('<answer>[{"bbox_2d":[1,2,3,4],"label":"Sofa"}]</answer>', { objects })).reward).toBe(1);
});
