import { expect, test } from "vitest";
import type { StepScore } from "../../core/types.ts";
import { rewardInput } from "../define.ts";
import { manipulationGrounding } from "./manipulation-grounding.ts";
import { parseManipulations } from "./manipulations.ts";

const GOLD = { answer: "B", valid_segments: [2, 3], valid_frames: [[100, 140]], valid_bounding_box: [[120, [10, 10, 50, 50]]] };
const ask = (completion: string, options: object = {}, gold: object = GOLD) =>
  manipulationGrounding.score(
    rewardInput({
      completion,
      target: manipulationGrounding.target.parse(gold),
      options: manipulationGrounding.options!.parse(options),
    }),
  ) as { score: number; steps: StepScore[] };

const look = (segments: string, frame: string, box: string, answer = "B") =>
  `I look.\nFIND_SEGMENT(the door) = ${segments}\nFIND_FRAME(a = b) = ${frame}\nSPATIAL_ZOOM(knob) = ${box}\nFINAL_ANSWER: ${answer}. the knob`;

// Video-CoM, acceptance 1 to 3. [10,10,50,40] is 3/4 of the gold box; [10,10,20,20] is 1/16 of it
test.each([
  [look("[2, 5]", "[120]", "[10, 10, 50, 40]"), 1 + 3 / 4],
  [look("[2, 5]", "[120]", "[10, 10, 50, 40]", "A"), 3 / 4],
  [look("[2, 5]", "[120]", "[10, 10, 20, 20]"), 1.5],
  ["FINAL_ANSWER: B", 1],
  [look("[2, 5]", "[90]", "[10, 10, 50, 40]"), 1 + 1 / 3], // segment 1/2, frame 0/1, no gold box in frame 90
  [look("[2, 2, 2, 5]", "[90]", "[10, 10, 50, 40]"), 1 + 1 / 3], // twice is once
  [look("[2]", "[120]", "[10, 10, 50, 50]"), 2],
  [look("2", "120", "[10, 10, 50, 50]"), 2], // without brackets
  [look("[2]", "[120]", "[50, 50, 10, 10]"), 1 + 2 / 3], // no box
  ["SPATIAL_ZOOM(x) = [10, 10, 50, 50]\nFINAL_ANSWER: B", 1], // into no frame
  ["FINAL_ANSWER: A\nFINAL_ANSWER: B\nFIND_SEGMENT(x) = [2]", 0], // what follows an answer is not read
  ["FIND_FRAME(x) = [90, 120]\nSPATIAL_ZOOM(x) = [10, 10, 50, 50]\nFINAL_ANSWER: B", 1 + 2 / 3], // the last frame is looked at
  [`${look("[2, 5]", "[120]", "[10, 10, 50, 40]", "A").split("\nFINAL")[0]}${"\nSPATIAL_ZOOM(knob) = [10, 10, 50, 40]".repeat(5)}`, 3 / 4], // the same zoom again and again
  ["final_answer: (b)", 1],
  ["FINAL_ANSWER: Blue", 0],
  ["", 0],
])("%j scores %f", (completion, expected) => expect(ask(completion).score).toBeCloseTo(expected, 12));

test("weights; segments without gold ones are not counted", () => {
  expect(ask(look("[2, 5]", "[120]", "[10,10,50,40]"), { answer: 2, reasoning: 0.5, iou: 0.8 }).score).toBeCloseTo(2 + 0.25, 12);
  expect(ask("FIND_SEGMENT(x) = [9]\nFIND_FRAME(x) = [120]\nFINAL_ANSWER: B", {}, { ...GOLD, valid_segments: [] }).score).toBe(2);
});

test("every line is scored where it stands", () => {
  const completion = look("[2, 5]", "[120]", "[10, 10, 50, 40]");
  expect(ask(completion).steps.map(({ name, start, end, score }) => [name, completion.slice(start, end), score])).toEqual([
    ["segment/0", "FIND_SEGMENT(the door) = [2, 5]", 1 / 2],
    ["frame/1", "FIND_FRAME(a = b) = [120]", 1],
    ["zoom/2", "SPATIAL_ZOOM(knob) = [10, 10, 50, 40]", 1],
  ]);
});

test.each([
  ["FIND_SEGMENT(x) = [2, x]", []],
  ["FIND_SEGMENT(x) = ", []],
  ["FIND_SEGMENT x = [2]", []],
  ["FIND_SEGMENT(x) = [1e9]", []],
  ["so find_frame (a) = [3, 4] then", [3, 4]],
])("%j: %j", (text, expected) => expect(parseManipulations(text).manipulations.flatMap(({ values }) => values)).toEqual(expected));

test.each([
  [{ ...GOLD, answer: "b" }],
  [{ ...GOLD, valid_segments: [0] }],
  [{ ...GOLD, valid_frames: [[140, 100]] }],
  [{ ...GOLD, valid_bounding_box: [[120, [50, 50, 10, 10]]] }],
  ["B"],
])("gold %j is refused", (gold) => expect(manipulationGrounding.target.safeParse(gold).success).toBe(false));
