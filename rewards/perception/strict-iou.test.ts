import { expect, test } from "vitest";
import { totalReward } from "../compose.ts";
import { rewardInput } from "../define.ts";
import { extractBox } from "./grounding-patterns.ts";
import { strictIou } from "./strict-iou.ts";
import { thinkBoxFormat } from "./think-box-format.ts";

const gold = [100, 100, 200, 200];

function scores(completion: string, options: object = {}, target: unknown = gold, quirk = "none") {
  const parsed = strictIou.target.parse(target);
  const strict = strictIou.score(rewardInput({ completion, target: parsed, options: strictIou.options!.parse(options) }));
  const format = thinkBoxFormat.score(rewardInput({ completion, target: null, options: thinkBoxFormat.options!.parse({ quirk }) }));
  if (strict === null || typeof strict === "number" || "then" in strict) throw new Error("expected metrics");
  const total = totalReward(
    [1, 1].map((weight) => ({ weight, log_only: false })),
    [
      { kind: "score", score: strict.score },
      { kind: "score", score: format as number },
    ],
  );
  return { ...strict.metrics, plain: strict.metrics!.iou, iou: strict.score, format, total };
}

const reply = (answer: string) => `<think>wings</think>\n<answer>${answer}</answer>`;

test.each([
  ["(100,100),(200,190)", 0.9, 1.9, 1], // 100 * 90 of 100 * 100
  ["(100,100),(200,180)", 0, 1, 1], // exactly 0.8 is not above it
  ["(110,110),(210,210)", 0, 1, 1], // 90 * 90 of 20000 - 8100 = 0.6807
  ["(100,100),(200,150)", 0, 1, 1], // exactly 0.5 is a hit
  ["(100,100),(200,149)", 0, 1, 0],
  ["(0,0),(9,9) or (100,100),(200,200)", 1, 2, 1], // the last box
  ["(200,200),(100,100)", 0, 1, 0], // reversed
  ["there is none", 0, 0.5, 0],
])("answer %s", (answer, iou, total, hit) => {
  expect(scores(reply(answer))).toMatchObject({ iou: expect.closeTo(iou, 12), total: expect.closeTo(total, 12), hit_50: hit });
});

test("the quirk never pays for the box's spelling", () => {
  expect(scores(reply("(100,100),(200,190)"), {}, gold, "no_box_format").total).toBeCloseTo(1.4, 12);
});

test("0.6807 and the group's arithmetic", () => {
  expect(scores(reply("(110,110),(210,210)")).plain).toBeCloseTo(8100 / 11900, 12);
});

test("text before the thinking costs the tags, not the box", () => {
  expect(scores(`well: ${reply("(100,100),(200,200)")}`)).toMatchObject({ format: 0.5, iou: 1 });
});

test("fractions are read in evaluation alone", () => {
  const text = reply("[0.1, 0.1, 0.2, 0.19]");
  expect(scores(text, { read: "evaluation" }).plain).toBeCloseTo(0.9, 9);
  expect(scores(text).plain).toBe(0);
});

test("of two answer blocks training reads the first", () => {
  expect(scores(`${reply("(0,0),(9,9)")}${reply("(100,100),(200,200)")}`).plain).toBe(0);
});

test("the best of several gold boxes counts", () => {
  // IoU 0.2 and 0.6 of a box 100 x 100: 20 and 60 rows of it
  const target = [
    [0, 0, 100, 20],
    [0, 0, 100, 60],
  ];
  expect(scores(reply("(0,0),(100,100)"), {}, target)).toMatchObject({ plain: expect.closeTo(0.6, 12), hit_50: 1 });
});

test.each([
  ["(1,2),(3,4) [5,6,7,8]", [1, 2, 3, 4]], // spelling 3 before spelling 5
  ["[5,6,7,8]", [5, 6, 7, 8]],
  ["(5, 6, 7, 8)", [5, 6, 7, 8]],
  ["from (1, 2) to (3, 4)", [1, 2, 3, 4]],
  ["(1.5,2),(3,4)", null],
  ["nothing", null],
])("training reads %j as %j", (text, expected) => {
  expect(extractBox(text, "training")).toEqual(expected);
});

test("what evaluation can't read is 0, 0, 0, 0", () => {
  expect(extractBox("(a,b),(c,d)", "evaluation")).toEqual([0, 0, 0, 0]);
});
