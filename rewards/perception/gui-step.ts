import { z } from "zod";
import { defineReward, type RewardDefinition, type RewardExample } from "../define.ts";
import { pictureSize } from "../geometry/coordinates.ts";
import { smartResize } from "../geometry/smart-resize.ts";
import { lastTag } from "../parse.ts";
import { NO_PICTURE } from "./box-reading.ts";
import { GuiAction, matchAction, writtenAction } from "./gui-actions.ts";
import { rougeOne } from "./rouge-one.ts";

export interface StepWeights {
  type: number;
  param: number;
  subgoal: number;
}

/**
 * type * [right action] + param where the step is right, else type * [right action] + subgoal * R_sub, R_sub in [0, 1]: naming the right
 * sub-goal pays even with the wrong action. Source: InfiGUI-R1 (arXiv:2504.14239), R_agent, weights 0.2, 0.8, 0.2.
 */
export function agentReward(match: { type: boolean; exact: boolean }, subgoal: () => number, weights: StepWeights): number {
  const type = weights.type * (match.type ? 1 : 0);
  return match.exact ? type + weights.param : type + weights.subgoal * subgoal();
}

/** Thinking in tags and a call that can be read; without them a step is worth nothing. */
export function stepFormat(completion: string): boolean {
  const thought = /^\s*<think>/.test(completion) && completion.includes("</think>");
  return thought && writtenAction(completion) !== null;
}

/** How well what the thinking names as its sub-goal fits the true one, in [0, 1]. A judge, or a rule. */
export type SubgoalScore = (named: string, subgoal: string) => number;

const Options = z.strictObject({
  type: z.number().min(0).default(0.2).describe("weight of the right action"),
  param: z.number().min(0).default(0.8).describe("weight of the right parameters"),
  subgoal: z.number().min(0).default(0.2).describe("weight of the sub-goal where the parameters are wrong"),
  format: z.number().min(0).max(1).default(0.1).describe("weight of the format; the step has the rest"),
  picture: z.string().min(1).default("image").describe("the row's field with the screenshot, for its size"),
  factor: z.int().min(1).default(28).describe("side of a block of the screen as the model sees it"),
  min_pixels: z.int().min(1).default(3136).describe("its smallest area"),
  max_pixels: z
    .int()
    .min(1)
    .default(6400 * 784)
    .describe("its largest area"),
});
const Target = z.object({ step: GuiAction, subgoal: z.string().default("") });

/** The reward of one step on a screen with a sub-goal scorer of your own, for example a judge's. */
export function guiStepWith(
  name: string,
  scoreSubgoal: SubgoalScore,
  examples: readonly RewardExample[] = [],
): RewardDefinition<z.infer<typeof Target>, z.infer<typeof Options>> {
  return defineReward({
    name,
    target: Target,
    field: "gui",
    options: Options,
    examples,
    score({ completion, target: { step, subgoal }, options, example }) {
      const size = pictureSize(example, options.picture);
      const screen = size === null ? null : smartResize(size, { ...options, shrink: "floor" });
      if (screen === null) return NO_PICTURE;
      const match = matchAction(writtenAction(completion), step, screen);
      const metrics = { type: match.type ? 1 : 0, exact: match.exact ? 1 : 0 };
      if (!stepFormat(completion)) return { score: 0, metrics };
      const named = lastTag(completion, "step") ?? "";
      const named01 = () => (named.trim() === "" || subgoal === "" ? 0 : Math.min(1, Math.max(0, scoreSubgoal(named, subgoal))));
      return { score: options.format + (1 - options.format) * agentReward(match, named01, options), metrics };
    },
  });
}

/** For the examples. */
const clickAt = (x: number, y: number) => {
  const call = { name: "mobile_use", arguments: { action: "click", coordinate: [x, y] } };
  return `<think>a</think><tool_call>${JSON.stringify(call)}</tool_call>`;
};
const CENTER = { step: { action: "click", coordinate: [0.5, 0.5] } };
const SCREEN = { image: { width: 640, height: 480 } };

/**
 * The worth of one step on a screen: format + (1 - format) * R_agent where the format is kept, else 0 (see `agentReward`, `matchAction`).
 *
 * Read: `<think>… <step>sub-goal</step> …</think>` and a call of `mobile_use` with action, coordinate, coordinate2, text, button, in pixels of the
 * screen as the model sees it. The sub-goal is held against the true one by ROUGE-1 F1 in tenths, in place of the paper's judge.
 * Target: { step: { action, coordinate …, boxes }, subgoal }, places 0 to 1. Returns [0, 1] at the default weights. Metrics: `type`, `exact`.
 * Source: InfiGUI-R1 (arXiv:2504.14239).
 */
export const guiStep = guiStepWith("gui_step", (named, subgoal) => Math.round(10 * rougeOne(named, subgoal)) / 10, [
  { completion: clickAt(320, 240), target: CENTER, fields: SCREEN, score: 1 },
  { completion: clickAt(9, 9), target: CENTER, fields: SCREEN, score: 0.1 + 0.9 * 0.2 },
]);
