import { z } from "zod";
import type { StepScore } from "../../core/types.ts";
import { defineReward } from "../define.ts";
import { sameText } from "../shaping/text.ts";
import { Responses } from "../tools.ts";
import { isObserved, observedText } from "../turns.ts";
import { type FrameTurn, parseFrameTurns } from "./frame-turns.ts";

const Gold = z.object({
  answer: z.string().regex(/^\S+$/, "expected one word, such as an option letter"),
  question: z.string(),
  total_frames: z.int().min(1),
});

const Options = z.strictObject({
  min_span: z.int().min(0).default(8).describe("a range of frames must be longer than this"),
  time_action: z.number().min(0).default(0.5).describe("a right answer with a time looked up, where the question names a time"),
  responses: Responses,
  choose_frames: z.number().min(0).default(0.02).describe("a right answer with a range looked at"),
});

/** For the examples. */
const VIDEO = { answer: "B", question: "What happens at 01:30?", total_frames: 3000 };

/**
 * A right answer, and a little for the ways to it, if all that was done makes sense: 1 + time_action * [a time was looked up, and the question names
 * one] + choose_frames * [a range was looked at]; 0 for a wrong answer and for a trajectory that breaks a rule.
 *
 * Rules: turns of one thought and one known action, the last of them the answer. A range S to E has S < E - min_span, is the last two numbers of its
 * thought, and was not looked at before, nor was the one around it by a frame, nor is it the whole video. A time is asked for once, was told,
 * lies in the range that follows next, and is not the last thing done before the answer.
 *
 * Who tells is the environment; with `responses: text` and where it wrote no turns, whatever stands in the text behind the action.
 *
 * Range [0, 1 + time_action + choose_frames]. Target: `{ answer, question, total_frames }`.
 * Steps: each action, 1, or 0 at the first that breaks a rule, none after it. Metric: `consistent`.
 * Source: FrameThinker (ICLR 2026), code; its paper reports 0.2 and 0 as the best weights.
 */
export const frameSpotlight = defineReward({
  name: "frame_spotlight",
  target: Gold,
  field: "gold",
  options: Options,
  version: 2,
  examples: [
    {
      completion: [
        ["policy", "<think>When?</think><action>get frame number at time 01:30</action>"],
        ["observation", "The frame is: 2250"],
        [
          "policy",
          "<think>2200, 2400</think><action>choose frames between 2200 and 2400</action><think>B</think><action>output answer: B</action>",
        ],
      ],
      target: VIDEO,
      score: 1 + 0.5 + 0.02,
    },
    { completion: "<think>B</think><action>output answer: B</action>", target: VIDEO, score: 1 },
  ],
  score({ completion, turns: written, target, options }) {
    const inText = options.responses === "text" && !isObserved(written);
    const turns = parseFrameTurns(completion, (start, end) =>
      inText ? completion.slice(start, end).split("<think>", 1)[0]! : observedText(written, start, end),
    );
    if (turns === null) return { score: 0, steps: [], metrics: { consistent: 0 } };
    const broken = firstInconsistency(turns, target.total_frames, options.min_span);
    const judged = broken < 0 ? turns : turns.slice(0, broken + 1);
    const steps: StepScore[] = judged.map(({ start, end }, i) => ({ name: `action/${i}`, start, end, score: i === broken ? 0 : 1 }));
    if (broken >= 0) return { score: 0, steps, metrics: { consistent: 0 } };
    const last = turns.at(-1)!.action;
    const right = last.kind === "answer" && sameText(last.answer, target.answer);
    const lookedUp = turns.some(({ action }) => action.kind === "time" && action.frame! > 0) && /[0-9]:[0-9]/.test(target.question);
    const chose = turns.some(({ action }) => action.kind === "choose");
    const bonus = options.time_action * Number(lookedUp) + options.choose_frames * Number(chose);
    return { score: right ? 1 + bonus : 0, steps, metrics: { consistent: 1 } };
  },
});

/** Index of the first turn that breaks a rule; -1 without one. */
function firstInconsistency(turns: readonly FrameTurn[], totalFrames: number, minSpan: number): number {
  const ranges = new Set([`0 ${totalFrames - 1}`]);
  const times = new Set<string>();
  return turns.findIndex(({ action, thought }, i) => {
    if (action.kind === "choose") {
      const { from, to } = action;
      const [first, second] = thought.slice(-2);
      if (from >= to - minSpan || ranges.has(`${from} ${to}`) || first !== from || second !== to) return true;
      ranges.add(`${from} ${to}`).add(`${from + 1} ${to - 1}`);
    }
    if (action.kind === "time") {
      if (times.has(action.time) || action.frame === null) return true;
      times.add(action.time);
      const next = turns[i + 1]?.action;
      if (next?.kind === "answer") return true;
      if (next?.kind === "choose" && (action.frame < next.from || action.frame > next.to)) return true;
    }
    return false;
  });
}
