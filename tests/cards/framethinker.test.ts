/** FrameThinker (arXiv:2509.24304): a right answer and a little for the ways to it, gated by consistency; acceptance points 1 to 3. 25 frames a second. */
import { expect, test } from "vitest";
import { observation, policy } from "../trajectory.ts";
import { recipeRewards } from "./recipe.ts";

const RECIPE = "rewards: [{ name: frame_spotlight }]";
const row = (question = "What happens at 01:30?") => ({ gold: { answer: "B", question, total_frames: 3000 } });

const time = [
  policy("<think>I need 01:30</think><action>get frame number at time 01:30</action>"),
  observation("\nFrame number at time 01:30 is: 2250.\n", { frame: 2250 }),
];
const choose = (from: number, to: number, thought = `so I look between ${from} and ${to}`) => [
  policy(`<think>${thought}</think><action>choose frames between ${from} and ${to}</action>`),
  observation(`\nframe ${from + 1}: [picture]\n`, { frames: [from + 1, to - 1] }),
];
const say = (letter = "B") => [policy(`<think>I know</think><action>output answer: ${letter}</action>`)];

test.each<[string, ReturnType<typeof choose>, string | undefined, number]>([
  ["1: time, range, answer: 1 + 0.5 + 0.02", [...time, ...choose(2200, 2400), ...say()], undefined, 1.52],
  ["1: no clock time in the question: 1 + 0.02", [...time, ...choose(2200, 2400), ...say()], "What happens?", 1.02],
  ["1: the answer at once", say(), undefined, 1],
  ["1: a wrong answer after all", [...time, ...choose(2200, 2400), ...say("A")], undefined, 0],
  ["1: a wrong answer at once", say("A"), undefined, 0],
  ["2: thought 2300, done 2400", [...time, ...choose(2200, 2400, "frames 2200 to 2300"), ...say()], undefined, 0],
  ["2: 2250 lies before 2300", [...time, ...choose(2300, 2400), ...say()], undefined, 0],
  ["2: a range twice", [...choose(2200, 2400), ...choose(2200, 2400), ...say()], undefined, 0],
  ["2: the range less its ends", [...choose(2200, 2400), ...choose(2201, 2399), ...say()], undefined, 0],
  ["2: the whole video", [...choose(0, 2999), ...say()], undefined, 0],
  ["2: a time, then the answer", [...time, ...say()], undefined, 0],
  ["3: 01 and 30 are no frames", [...time, ...choose(2200, 2400, "at 01:30 I look at 2200 and 2400"), ...say()], undefined, 1.52],
])("%s", async (_, turns, question, expected) => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward(turns, row(question))).toBeCloseTo(expected, 12);
});

test("a policy that tells itself the frame breaks the rule that it was told", async () => {
  const { reward } = await recipeRewards(RECIPE);
  const all = [...time, ...choose(2200, 2400), ...say()].map(({ text }) => text).join("");
  expect(await reward([policy(all)], row())).toBe(0);
});

test("the paper's weights: 1 + 0.2", async () => {
  const { reward } = await recipeRewards("rewards: [{ name: frame_spotlight, options: { time_action: 0.2, choose_frames: 0 } }]");
  expect(await reward([...time, ...choose(2200, 2400), ...say()], row())).toBeCloseTo(1.2, 12);
});
