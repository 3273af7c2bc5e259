/** Conan (arXiv:2510.20470): a detective's rounds over frames, scored where the answer earns anything. */
import { describe, expect, test } from "vitest";
import { composed } from "../composed.ts";

const rewards = composed(`
- { name: detective_format, as: form, weight: 0.5 }
- { name: text_match, as: exact, weight: 0, when: { field: kind, is: choice }, options: { ignore_case: false } }
- { name: rouge, weight: 0, when: { field: kind, is: free } }
- { part: [exact, rouge], as: right, outcome: true }
- { name: frame_identification, as: identification, when: { part: right, above: 0 } }
- { name: frame_retrieval, as: retrieval, when: { part: right, above: 0 } }`);

// a frame every 5 seconds, the first at second 5; the prompt shows every other one
const row = {
  kind: "choice",
  answer: "B",
  frames: { labels: [1, 5, 4, 1, 3, 1, 1, 5, 4, 4, 1, 1], shown: [0, 2, 4, 6, 8, 10] },
};
const time = (frame: number) => `00:00:${String(5 * (frame + 1)).padStart(2, "0")}`;
const message = (scores: string, clip: string, answer: string) =>
  `<score>${scores}</score><think>x</think><clip>${clip}</clip><answer>${answer}</answer>`;
const scores = (...pairs: [number, number][]) => pairs.map(([frame, score]) => `${time(frame)}: ${score}`).join(", ");
const brought = (...frames: number[]) => `<tool_response>${frames.map((frame) => `${time(frame)} <image>`).join(" ")}</tool_response>`;

const FIRST = message(scores([2, 5], [4, 3]), "00:00:10, 00:00:40-00:00:50", "");
const last = (answer: string, clip = "") => message(scores([1, 5], [7, 4], [9, 3]), clip, answer);
const whole = (answer: string, first = FIRST) => `${first}${brought(1, 7, 9)}${last(answer)}`;

describe("points 1 and 2", () => {
  test("frames of two rounds: {2} of {2, 8}, then {1, 7} of {1, 7, 9}; all evidence that was left is brought", async () => {
    const { parts } = await rewards(whole("B"), row);
    expect(parts.identification).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12); // 0.5833
    expect(parts.retrieval).toBe(1); // 3 of min(3, 8)
  });

  test.each([
    ["right, well formed", whole("B"), 0.5 + 1 + 7 / 12 + 1], // 3.0833
    ["wrong", whole("A"), 0.5],
    ["right in the first round", message(scores([2, 5], [4, 3]), "", "B"), 0.5 + 1 + 0.5 + 0.5],
  ])("%s", async (_, completion, expected) => {
    expect((await rewards(completion, row)).reward).toBeCloseTo(expected, 12);
  });

  test("a free answer that is partly right earns its share, and the frames in full", async () => {
    const free = { ...row, kind: "free", answer: "a red door opens" };
    const { reward, outcome, parts } = await rewards(whole("a red cat sleeps"), free);
    // 2 of 4 words: ROUGE-1 and ROUGE-L 0.5, 1 of 3 pairs
    expect(outcome).toBeCloseTo((0.5 + 1 / 3 + 0.5) / 3, 12);
    expect(reward).toBeCloseTo(0.5 + outcome! + parts.identification! + 1, 12);
  });
});

test.each([
  ["point 3: both a clip and an answer", `${FIRST}${brought(1, 7, 9)}${last("B", "00:00:10")}`],
  ["point 3: neither", `${FIRST}${brought(1, 7, 9)}${last("")}`],
  ["point 3: out of order", `${FIRST}${brought(1, 7, 9)}<think>x</think><score></score><clip></clip><answer>B</answer>`],
])("%s", async (_, completion) => {
  expect((await rewards(completion, row)).parts.form).toBe(0);
});

test("point 6: scores that can't be read are none in their round alone", async () => {
  const { parts } = await rewards(whole("B", FIRST.replace(/<score>.*?<\/score>/, "<score>the third one</score>")), row);
  // {} of {2, 4, 8}, those of 3 and more, is 0; the second round stays 2/3
  expect(parts.identification).toBeCloseTo((0 + 2 / 3) / 2, 12);
});

test("as the paper words it, retrieval is a precision", async () => {
  const precision = composed("[{ name: frame_retrieval, options: { retrieval: precision } }]");
  // 1 is evidence, 3 and 5 are not
  expect((await precision(`${FIRST}${brought(1, 3, 5)}${last("B")}`, row)).reward).toBeCloseTo(1 / 3, 12);
});

test("a range marks every frame in it, shown frames alone count, and a time between frames is none", async () => {
  const identification = composed("[{ name: frame_identification }]");
  // 00:00:15 to 00:00:45 are frames 2, 4, 6 and 8 of those shown; 2 and 8 are evidence
  expect((await identification(message("00:00:15-00:00:45: 4", "", "B"), row)).reward).toBe(0.5);
  const odd = "<tool_response>00:00:07 00:59:59</tool_response>";
  expect((await identification(`${FIRST}${odd}${last("B")}`, row)).reward).toBe(0.5); // no round of its own
});

test("a row whose prompt shows frames without a label is refused", async () => {
  await expect(rewards(whole("B"), { ...row, frames: { labels: [1], shown: [1] } })).rejects.toThrow("expected frames that have a label");
});
