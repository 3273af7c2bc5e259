/** LongVT (arXiv:2511.20785): R = R_acc + R_format + R_time, over trajectories with a tool; acceptance points 1 to 5. */
import { expect, test } from "vitest";
import { observation, policy } from "../trajectory.ts";
import { partScore, recipeRewards } from "./recipe.ts";

const RECIPE = `
judges:
  grader:
    kind: rule
    rules:
      - { pattern: "<answer>a tabby cat", answer: "SCORE: 1" }
      - { pattern: "<answer>a cat", answer: "SCORE: 0.5" }
    otherwise: "SCORE: 0"
rewards:
  - { name: judge_graded, options: { judge: grader, low: 0, high: 1 }, times: short_answer }
  - { name: short_answer, weight: 0 }
  - name: tag_format
    options: { tags: [think, { repeat: [tool_call, think] }, answer], ignore: [tool_response], max_chars: { answer: 999 } }
  - { name: last_window_iou }
`;
const row = { question: "What runs past?", answer: "a tabby cat", window: [100, 120] };

const crop = (start: number, end: number) =>
  policy(
    `<think>look</think><tool_call>${JSON.stringify({ name: "crop_video", arguments: { video_path: "v.mp4", start_time: start, end_time: end } })}</tool_call>`,
  );
const frames = observation("<tool_response>The tool executed successfully. Here are the processed result</tool_response>", { frames: 20 });
const say = (answer: string) => policy(`<think>so</think><answer>${answer}</answer>`);

test("1: IoU 0.25 and a judge's 0.5", async () => {
  const { reward } = await recipeRewards(RECIPE);
  // [110, 140] and [100, 120] share 10 s of 40: 0.5 + 1 + 0.25
  expect(await reward([crop(110, 140), frames, say("a cat")], row)).toBeCloseTo(1.75, 12);
});

test("1: of two calls the last one counts", async () => {
  const { one } = await recipeRewards(RECIPE);
  // [105, 115] is 10 s of 20; [0, 10] meets nothing
  const scored = await one([crop(0, 10), frames, crop(105, 115), frames, say("a cat")], row);
  expect(partScore(scored, "last_window_iou")).toBeCloseTo(0.5, 12);
  expect(scored.reward).toBeCloseTo(2, 12); // 0.5 + 1 + 0.5
});

test("2: no tool, and the order think, call, answer", async () => {
  const { reward, one } = await recipeRewards(RECIPE);
  expect(await reward([say("a tabby cat")], row)).toBeCloseTo(2, 12); // 1 + 1 + 0
  const hasty = await one([crop(100, 120), frames, policy("<answer>a tabby cat</answer>")], row);
  expect(partScore(hasty, "tag_format")).toBe(0);
  expect(hasty.reward).toBeCloseTo(2, 12); // 1 + 0 + 1
});

test("3: a window of everything is worth 20 s of 1000", async () => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward([crop(0, 1000), frames, say("a tabby cat")], row)).toBeCloseTo(2.02, 12); // 1 + 1 + 0.02
});

test("4: 1000 characters lose answer and format, not the window", async () => {
  const { reward } = await recipeRewards(RECIPE);
  const long = (count: number) => [crop(105, 115), frames, say("a tabby cat".padEnd(count, "!"))];
  expect(await reward(long(1000), row)).toBeCloseTo(0.5, 12); // 0 + 0 + 0.5
  expect(await reward(long(999), row)).toBeCloseTo(2.5, 12);
});

test("5: an error is an observation like others, and the episode goes on", async () => {
  const { one } = await recipeRewards(RECIPE);
  const error = observation("<tool_response>Tool execution failed: end_time 130 is past the end of the video, 120</tool_response>");
  const scored = await one([crop(100, 130), error, crop(105, 115), frames, say("a tabby cat")], row);
  expect(scored.reward).toBeCloseTo(2.5, 12); // 1 + 1 + 10 / 20
  // left at that, the window that was asked for counts: 20 s of 30
  expect((await one([crop(100, 130), error, say("a tabby cat")], row)).reward).toBeCloseTo(2 + 2 / 3, 12);
});

test("a policy that writes the tool's answer itself has looked at nothing", async () => {
  const { reward } = await recipeRewards(RECIPE);
  expect(await reward([policy(crop(100, 120).text + frames.text + say("a tabby cat").text)], row)).toBeCloseTo(2, 12);
});
