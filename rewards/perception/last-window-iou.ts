import { z } from "zod";
import { defineReward } from "../define.ts";
import { type Window, windowIou } from "../geometry/time.ts";
import { answeredTurns, Responses, toolUses } from "../tools.ts";

/**
 * Overlap of the window that was asked for last with the true one: that of the last readable call of the tool with both times that the environment
 * answered, with an error too. With `responses: text` and where no environment wrote, a `<tool_response>` in the text is an answer.
 * Target: [start, end], seconds. Returns temporal IoU in [0, 1]; 0 without such a call.
 * Source: LongVT (arXiv:2511.20785), R_time. Recall in place of IoU is raised by ever wider windows.
 */
export const lastWindowIou = defineReward({
  name: "last_window_iou",
  target: z.tuple([z.number().min(0), z.number().min(0)]).refine(([start, end]) => end > start, "expected an end after the start"),
  field: "window",
  version: 2,
  options: z.strictObject({
    tool: z.string().min(1).default("crop_video").describe("the tool whose calls count"),
    responses: Responses,
  }),
  range: [0, 1],
  examples: [
    {
      completion: [
        ["policy", '<tool_call>{"name":"crop_video","arguments":{"start_time":100,"end_time":120}}</tool_call>'],
        ["observation", "<tool_response>frames</tool_response>"],
      ],
      target: [100, 120],
      score: 1,
    },
    {
      completion: [
        ["policy", '<tool_call>{"name":"crop_video","arguments":{"start_time":110,"end_time":140}}</tool_call>'],
        ["observation", "<tool_response>frames</tool_response>"],
      ],
      target: [100, 120],
      score: 10 / 40,
    },
  ],
  score({ completion, turns, target, options: { tool, responses } }) {
    const uses = toolUses(answeredTurns({ completion, turns }, responses)).filter(({ name, observation }) => name === tool && observation);
    const windows = uses.flatMap((use): Window[] => {
      const { start_time: start, end_time: end } = use.arguments ?? {};
      return typeof start === "number" && typeof end === "number" ? [[start, end]] : [];
    });
    const last = windows.at(-1);
    return last === undefined || !(last[1] > last[0]) ? 0 : windowIou(last, target);
  },
});
