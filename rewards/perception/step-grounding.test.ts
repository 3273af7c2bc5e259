import { expect, test } from "vitest";
import { scored, weighted } from "../../tests/scored.ts";
import { finalOption } from "./final-option.ts";
import { manipulations, stepGrounding } from "./step-grounding.ts";

const gold = { segments: [2, 3], frames: [[100, 140]], boxes: [{ frame: 120, box: [10, 10, 50, 50] }] };
const steps = (segments: string, frame: string, zoom: string) =>
  `I look.\nFIND_SEGMENT(the sign) = ${segments}\nFIND_FRAME(it is (nearly) sharp) = ${frame}\nSPATIAL_ZOOM(sign) = ${zoom}\n`;

async function reward(completion: string) {
  const reason = await scored(stepGrounding, completion, gold);
  const answer = await scored(finalOption, completion, "B");
  const { hits, total } = reason.metrics;
  return { reward: weighted([1, answer.score], [1, reason.score]), hits, total };
}

test.each<[string, string, number, number, number]>([
  // segment 2 of [2, 5], frame 120, box 40 * 30 of 40 * 40
  ["three of four", `${steps("[2, 5]", "[120]", "[10, 10, 50, 40]")}FINAL_ANSWER: B. red`, 1.75, 3, 4],
  ["wrong answer", `${steps("[2, 5]", "[120]", "[10, 10, 50, 40]")}FINAL_ANSWER: A. blue`, 0.75, 3, 4],
  ["a box of IoU 0.0625", `${steps("[2, 5]", "[120]", "[10, 10, 20, 20]")}FINAL_ANSWER: B`, 1.5, 2, 4],
  ["no manipulation", "FINAL_ANSWER: B", 1, 0, 0],
  ["a frame without a true box", `${steps("[2, 5]", "[90]", "[10, 10, 50, 50]")}FINAL_ANSWER: B`, 1 + 1 / 3, 1, 3],
  ["duplicates", `${steps("[2, 2, 2, 5]", "[120]", "[10, 10, 50, 40]")}FINAL_ANSWER: B`, 1.75, 3, 4],
  [
    "the same zoom again and again",
    `${steps("[2, 5]", "[120]", "[10, 10, 50, 40]")}${"SPATIAL_ZOOM(sign) = [10, 10, 50, 40]\n".repeat(5)}`,
    0.75,
    3,
    4,
  ],
  ["a number without brackets", "find_segment(x) = 2\nFINAL_ANSWER: b", 2, 1, 1],
  ["one that hits is enough", "FIND_FRAME(x) = 100", 1, 1, 1],
  ["behind the answer", `FINAL_ANSWER: B\n${steps("[2]", "[120]", "[10, 10, 50, 50]")}`, 1, 0, 0],
  ["blanks", steps("[, 2]", "[]", "[,,,]"), 0, 0, 0],
  ["a letter in a word", "FINAL_ANSWER: Blue", 0, 0, 0],
  ["", "", 0, 0, 0],
])("%s", async (_, completion, total, hits, of) => {
  expect(await reward(completion)).toEqual({ reward: expect.closeTo(total, 12), hits, total: of });
});

test("a zoom goes with the last number of the frame line before it", () => {
  const found = manipulations("SPATIAL_ZOOM(a) = [1,2,3,4]\nFIND_FRAME(b) = [5, 7]\nSPATIAL_ZOOM(a) = [1,2,3,4]");
  expect(found.zooms).toEqual([
    { frame: null, box: [1, 2, 3, 4] },
    { frame: 7, box: [1, 2, 3, 4] },
  ]);
});
