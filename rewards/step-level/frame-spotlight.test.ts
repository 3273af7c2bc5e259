import { expect, test } from "vitest";
import type { StepScore } from "../../core/types.ts";
import { observation, policy } from "../../tests/trajectory.ts";
import { rewardInput } from "../define.ts";
import { episode } from "../turns.ts";
import { frameSpotlight } from "./frame-spotlight.ts";

const TIMED = "What happens at 01:30?";
/** Behind each action the environment writes, up to the next thought. */
const turnsOf = (completion: string) =>
  episode(
    completion.split(/(?<=<\/action>)|(?=<think>)/).map((text) => (/^<(think|action)>/.test(text) ? policy(text) : observation(text))),
  ).turns;
const ask = (completion: string, question = TIMED, options: object = {}, turns = turnsOf(completion)) =>
  frameSpotlight.score(
    rewardInput({
      completion,
      turns,
      target: { answer: "B", question, total_frames: 3000 },
      options: frameSpotlight.options!.parse(options),
    }),
  ) as { score: number; steps: StepScore[]; metrics: { consistent: number } };

const turn = (thought: string, action: string, told = "") => `<think>${thought}</think><action>${action}</action>\n${told}\n`;
const time = (at = "01:30", told = "Frame number at time 01:30 is: 2250.") => turn(`I need ${at}`, `get frame number at time ${at}`, told);
const choose = (from: number, to: number, thought = `I look between ${from} and ${to}`) =>
  turn(thought, `choose frames between ${from} and ${to}`, "frame 2201: <image>");
const answer = (letter = "B") => turn("I know", `output answer: ${letter}`);

// FrameThinker, acceptance 1 to 3
test.each([
  ["time, range, answer", time() + choose(2200, 2400) + answer(), 1.52],
  ["no action but the answer", answer(), 1],
  ["wrong answer", time() + choose(2200, 2400) + answer("A"), 0],
  ["wrong answer at once", answer("A"), 0],
  ["thought and action differ", time() + choose(2200, 2400, "I look at 2200 to 2300") + answer(), 0],
  ["the time lies outside of the range", time() + choose(2300, 2400) + answer(), 0],
  ["a range twice", choose(2200, 2400) + choose(2200, 2400) + answer(), 0],
  ["a range less its ends", choose(2200, 2400) + choose(2201, 2399) + answer(), 0],
  ["a range less two at each end", choose(2200, 2400) + choose(2202, 2398) + answer(), 1.02],
  ["the whole video", choose(0, 2999) + answer(), 0],
  ["a time, then the answer", time() + answer(), 0],
  ["times in a thought are no frames", time() + choose(2200, 2400, "at 01:30 I look at 2200 and 2400.") + answer(), 1.52],
  ["a range of 8", choose(2200, 2208) + answer(), 0],
  ["a range of 9", choose(2200, 2209) + answer(), 1.02],
  ["a time twice", time() + choose(2200, 2400) + time() + choose(2100, 2500) + answer(), 0],
  ["a time that was not told", time("01:30", "error") + choose(2200, 2400) + answer(), 0],
  ["two times, then a range", time() + time("01:31", "is: 2275.") + choose(2200, 2400) + answer(), 1.52],
  ["another action", turn("so", "dance") + answer(), 0],
  ["an action without a thought", `<action>output answer: B</action>`, 0],
  ["no answer", time() + choose(2200, 2400), 0],
  ["an answer, then more", answer() + answer(), 0],
  ["nothing", "", 0],
])("%s", (_, completion, expected) => expect(ask(completion).score).toBeCloseTo(expected, 12));

test("a question without a time pays no bonus for looking one up", () => {
  expect(ask(time() + choose(2200, 2400) + answer(), "What happens?").score).toBeCloseTo(1.02, 12);
  expect(ask(time("01:30", "is: 0") + choose(0, 100) + answer()).score).toBeCloseTo(1.02, 12); // nor does frame 0
});

test("a policy that tells itself the frame is not told", () => {
  const completion = time() + choose(2200, 2400) + answer();
  const { turns } = episode([policy(completion)]);
  expect(ask(completion, TIMED, {}, turns)).toMatchObject({ score: 0, metrics: { consistent: 0 } });
  expect(ask(completion, TIMED, { responses: "text" }, turns).score).toBeCloseTo(1.52, 12);
});

test("the weights of the paper", () => {
  expect(ask(time() + choose(2200, 2400) + answer(), TIMED, { time_action: 0.2, choose_frames: 0 }).score).toBeCloseTo(1.2, 12);
});

test("the first action that breaks a rule is 0, and the last that is judged", () => {
  const completion = choose(2200, 2400) + choose(5, 6) + choose(100, 200) + answer();
  const returned = ask(completion);
  expect(returned.steps.map(({ start, end, score }) => [completion.slice(start, end), score])).toEqual([
    ["choose frames between 2200 and 2400", 1],
    ["choose frames between 5 and 6", 0],
  ]);
  expect(returned.metrics.consistent).toBe(0);
});

test.each([{ answer: "B" }, { answer: "a b", question: "", total_frames: 5 }, { answer: "B", question: "", total_frames: 0 }])(
  "gold %j is refused",
  (gold) => expect(frameSpotlight.target.safeParse(gold).success).toBe(false),
);
