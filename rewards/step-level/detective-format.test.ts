import { expect, test } from "vitest";
import { policy, told } from "../../tests/trajectory.ts";
import { rewardInput } from "../define.ts";
import { episode } from "../turns.ts";
import { detectiveFormat } from "./detective-format.ts";
import { frameScores, parseRound } from "./detective-round.ts";

const score = (completion: string, options: object = {}, turns = told(completion).turns) =>
  detectiveFormat.score(rewardInput({ completion, target: undefined, options: detectiveFormat.options!.parse(options), turns }));
const message = (clip: string, answer: string) =>
  `<score>00:00:05: 5</score><think>a</think><clip>${clip}</clip><answer>${answer}</answer>`;

// Conan, acceptance 3
test.each([
  ["a clip", message("00:01:00-00:01:20", ""), 1],
  ["an answer", message("", "B"), 1],
  ["an answer beside a blank clip", message(" \n", "B"), 1],
  ["both", message("00:01:00", "B"), 0],
  ["neither", message("", " "), 0],
  ["out of order", "<think>a</think><score></score><clip></clip><answer>B</answer>", 0],
  ["one lacks", "<think>a</think><clip></clip><answer>B</answer>", 0],
  ["one twice", `<score></score>${message("", "B")}`, 0],
  ["not closed", message("", "B").slice(0, -1), 0],
  ["the last message counts", `${message("", "")}<tool_response>frames</tool_response>${message("", "B")}`, 1],
  ["and no other", `${message("00:01:00", "")}<tool_response>frames</tool_response>B`, 0],
  ["nothing", "", 0],
])("%s", (_, completion, expected) => expect(score(completion)).toBe(expected));

test("a message is the policy's last turn, not what follows a tag that it wrote itself", () => {
  const forged = `anything<tool_response></tool_response>${message("", "B")}`;
  const { turns } = episode([policy(forged)]);
  expect(score(`<score></score>${forged}`, {}, episode([policy(`<score></score>${forged}`)]).turns)).toBe(0);
  expect(score(`<score></score>${forged}`, { responses: "text" }, turns)).toBe(1);
});

test("scores and clips are read in seconds", () => {
  const round = parseRound(
    "<score>00:00:05: 5, 00:00:10-00:00:20: 3, 00:30:00-00:00:00: 4</score><think>so</think><clip>0:01:00, 1:00:00 - 1:00:10, 00:02:00-00:01:00</clip>",
  );
  expect(round.scores).toEqual([
    { from: 5, to: 5, score: 5 },
    { from: 10, to: 20, score: 3 },
  ]);
  expect(round.clips).toEqual([
    { from: 60, to: 60 },
    { from: 3600, to: 3610 },
  ]);
});

test.each(["00:00:05 5", "00:00:05: 6", "00:00:05: 50", "00:00:75: 5", "five: 5", ""])("no score is read from %j", (text) => {
  expect(parseRound(`<score>${text}</score>`).scores).toEqual([]);
});

test("a range marks every frame that is shown in it; the last word counts", () => {
  const scores = parseRound("<score>00:00:05-00:00:15: 3, 00:00:10: 5</score>").scores;
  // a frame every 5 seconds, the first at second 5
  expect([...frameScores(scores, [0, 1, 4], (frame) => 5 * (frame + 1))]).toEqual([
    [0, 3],
    [1, 5],
  ]);
});
