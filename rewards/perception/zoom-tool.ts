import { z } from "zod";
import type { Box } from "../box.ts";
import { defineReward } from "../define.ts";
import type { Size } from "../geometry/smart-resize.ts";
import { lastTag } from "../parse.ts";
import { answeredTurns, Responses, toolUses } from "../tools.ts";

const MIN_SIDE = 30;
const MAX_ASPECT = 100;

/**
 * The region that a zoom shows: the box clamped to the picture, or null where it is none, 30 pixels or less in a side, or more than 100 times
 * longer than wide. Units: pixels of the original picture. Source: DeepEyes (arXiv:2505.14362), the tool's own check.
 */
export function zoomRegion(box: unknown, { width, height }: Size): Box | null {
  if (!Array.isArray(box) || box.length !== 4 || !box.every((value) => Number.isFinite(value))) return null;
  const [x1, y1, x2, y2] = box as Box;
  const clamped: Box = [Math.max(0, x1), Math.max(0, y1), Math.min(width, x2), Math.min(height, y2)];
  const [w, h] = [clamped[2] - clamped[0], clamped[3] - clamped[1]];
  return Math.min(w, h) > MIN_SIDE && Math.max(w / h, h / w) <= MAX_ASPECT ? clamped : null;
}

const Target = z.object({
  answer: z.string().regex(/\S/, "expected text that is not blank"),
  width: z.number().gt(0),
  height: z.number().gt(0),
});

/** The text that is judged: behind the last `<answer>`, or the whole reply without one; null from 1000 characters on. */
function judgedAnswer(completion: string): string | null {
  const answer = lastTag(completion, "answer") ?? completion;
  return answer.length < 1000 ? answer : null;
}

function right(completion: string, answer: string): boolean {
  const given = judgedAnswer(completion);
  return given !== null && given.trim().toLowerCase() === answer.trim().toLowerCase();
}

/**
 * Whether the answer is right, 1 or 0: the text in the last `<answer>`, or else the whole reply, is the target, case and outer white space
 * ignored; 0 from 1000 characters on. Target: { answer, width, height }. Source: DeepEyes (arXiv:2505.14362), acc, a rule in place of its judge.
 */
export const zoomAnswer = defineReward({
  name: "zoom_answer",
  target: Target,
  field: "question",
  range: [0, 1],
  examples: [
    { completion: "<answer>Red</answer>", target: { answer: "red", width: 640, height: 480 }, score: 1 },
    { completion: "<answer>a red one</answer>", target: { answer: "red", width: 640, height: 480 }, score: 0 },
  ],
  score: ({ completion, target }) => (right(completion, target.answer) ? 1 : 0),
});

/**
 * 1 where the answer is right and at least one zoom was answered by a picture: a call of the tool with a box that it takes (see `zoomRegion`), and
 * an answer of the environment that is no error. Else 0, so that looking pays only where it helped. With `responses: text` and where no environment
 * wrote, a `<tool_response>` in the text is an answer.
 * Target: { answer, width, height of the picture in pixels }. Source: DeepEyes (arXiv:2505.14362), its conditional tool reward.
 */
export const zoomTool = defineReward({
  name: "zoom_tool",
  target: Target,
  field: "question",
  version: 2,
  options: z.strictObject({
    tool: z.string().min(1).default("image_zoom_in_tool").describe("the tool whose calls count"),
    responses: Responses,
  }),
  range: [0, 1],
  examples: [
    {
      completion: [
        ["policy", '<tool_call>{"name":"image_zoom_in_tool","arguments":{"bbox_2d":[0,0,99,99]}}</tool_call>'],
        ["observation", "<tool_response>image</tool_response>"],
        ["policy", "<answer>red</answer>"],
      ],
      target: { answer: "red", width: 640, height: 480 },
      score: 1,
    },
    { completion: "<answer>red</answer>", target: { answer: "red", width: 640, height: 480 }, score: 0 },
  ],
  score({ completion, turns, target, options: { tool, responses } }) {
    const looked = toolUses(answeredTurns({ completion, turns }, responses)).some(
      ({ name, arguments: given, observation }) =>
        name === tool && observation?.failed === false && zoomRegion(given?.bbox_2d, target) !== null,
    );
    return looked && right(completion, target.answer) ? 1 : 0;
  },
});
