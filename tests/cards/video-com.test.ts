/** Video-CoM (arXiv:2511.23477): R_acc + R_reason over trajectories; acceptance points 1 to 3 and 5. */
import { expect, test } from "vitest";
import { observation, policy } from "../trajectory.ts";
import { partScore, recipeRewards } from "./recipe.ts";

const RECIPE = `
rewards:
  - { name: manipulation_grounding, as: answer, options: { reasoning: 0 } }
  - { name: manipulation_grounding, as: reasoning, options: { answer: 0 } }
`;
const gold = { answer: "B", valid_segments: [2, 3], valid_frames: [[100, 140]], valid_bounding_box: [[120, [10, 10, 50, 50]]] };
const segments = (list: string) => policy(`FIND_SEGMENT(the sign) = ${list}\n`);
const frame = (list: string) => policy(`FIND_FRAME(the sign) = ${list}\n`);
const zoom = (list: string) => policy(`SPATIAL_ZOOM(the sign) = ${list}\n`);
const say = (letter: string) => policy(`FINAL_ANSWER: ${letter}. text`);
// what the environment says next names other manipulations, which are nobody's
const shown = observation("\n[frames]\nGo on, or zoom: SPATIAL_ZOOM(what) = [10, 10, 50, 50]\n");
const look = (list: string, at: string, box: string, letter = "B") => [
  segments(list),
  shown,
  frame(at),
  shown,
  zoom(box),
  shown,
  say(letter),
];

test.each<[string, ReturnType<typeof look>, number]>([
  ["1: segment 2 of [2, 5], the frame, a box of IoU 0.75: 3 of 4", look("[2, 5]", "[120]", "[10, 10, 50, 40]"), 1.75],
  ["1: the same and a wrong answer", look("[2, 5]", "[120]", "[10, 10, 50, 40]", "A"), 0.75],
  ["2: a box of IoU 100 / 1600: 2 of 4", look("[2, 5]", "[120]", "[10, 10, 20, 20]"), 1.5],
  ["2: no manipulation", [say("B")], 1],
  ["3: frame 90: segments 1 of 2, frames 0 of 1, no box counted", look("[2, 5]", "[90]", "[10, 10, 50, 50]"), 1 + 1 / 3],
  ["3: duplicates", look("[2, 2, 2, 5]", "[120]", "[10, 10, 50, 40]"), 1.75],
])("%s", async (_, turns, expected) => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward(turns, { gold })).toBeCloseTo(expected, 12);
});

test("5: a zoom in the next turn is of the frame that was found before", async () => {
  const { one } = await recipeRewards(RECIPE);
  const turns = [policy("FIND_FRAME(a) = [120]\nSPATIAL_ZOOM(a) = [0, 0, 5, 5]\n"), shown, zoom("[10, 10, 50, 50]"), shown, say("B")];
  const scored = await one(turns, { gold });
  // frame 120 hits; of the zooms of frame 120 the one of the next turn does: 2 of 3
  expect(partScore(scored, "reasoning")).toBeCloseTo(2 / 3, 12);
});

test("the same as one reward, with its steps in the policy's own text", async () => {
  const { one } = await recipeRewards("rewards: [{ name: manipulation_grounding }]");
  const turns = look("[2, 5]", "[120]", "[10, 10, 50, 40]");
  const scored = await one(turns, { gold });
  expect(scored.reward).toBeCloseTo(1.75, 12);
  const outcome = scored.parts[0]!.outcome;
  const text = turns.map((turn) => turn.text).join("");
  expect(outcome.kind === "score" && outcome.steps!.map(({ start, end, score }) => [text.slice(start, end), score])).toEqual([
    ["FIND_SEGMENT(the sign) = [2, 5]", 0.5],
    ["FIND_FRAME(the sign) = [120]", 1],
    ["SPATIAL_ZOOM(the sign) = [10, 10, 50, 40]", 1],
  ]);
});
