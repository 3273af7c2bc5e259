import { z } from "zod";
import type { Turn } from "../../core/types.ts";
import { defineReward } from "../define.ts";
import { TagName } from "../shaping/tags.ts";
import { answeredTurns, Responses } from "../tools.ts";
import { DetectiveOptions, type DetectiveRound, frameIdentification, frameRetrieval } from "./detective.ts";
import { frameScores, parseRound } from "./detective-round.ts";

const MAX_ROUNDS = 64;

const Target = z
  .object({
    labels: z.array(z.int().min(1).max(5)).min(1).max(10_000),
    shown: z.array(z.int().min(0)).min(1),
    fps: z.number().gt(0).default(0.2),
    start: z.number().min(0).default(5),
  })
  .refine(({ labels, shown }) => shown.every((frame) => frame < labels.length), "expected frames that have a label");
type Target = z.infer<typeof Target>;

const answers = {
  response: TagName.default("tool_response").describe("the tag around what the environment writes, where it has no turns"),
  responses: Responses,
};

/**
 * The rounds of a completion: what the policy says of the frames that the prompt shows, and then of those whose times stand in each response.
 * A frame is at second start + frame / fps. The first 64 rounds are read.
 */
export function roundsOf(turns: readonly Turn[], { labels, shown, fps, start }: Target): DetectiveRound[] {
  const rounds = [{ shown, message: "" }];
  for (const { role, text } of turns) {
    if (role === "observation" && rounds.length === MAX_ROUNDS) break;
    if (role === "observation") rounds.push({ shown: framesIn(text), message: "" });
    if (role === "policy") rounds.at(-1)!.message += text;
  }
  return rounds.map(({ shown: frames, message }): DetectiveRound => {
    return { shown: frames, scores: frameScores(parseRound(message).scores, frames, (frame) => start + frame / fps) };
  });

  function framesIn(text: string): number[] {
    const times = [...text.matchAll(/(?<![0-9:])([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(?![0-9:])/g)];
    const frames = times.map(([, h, m, s]) => (Number(h) * 3600 + Number(m) * 60 + Number(s) - start) * fps);
    const whole = frames.filter((frame) => Math.abs(frame - Math.round(frame)) < 1e-6).map(Math.round);
    return [...new Set(whole)].filter((frame) => frame >= 0 && frame < labels.length);
  }
}

const FRAMES = { labels: [5, 1], shown: [0, 1] };

/**
 * How well the policy tells evidence from the rest, over its rounds: see `frameIdentification`. A round whose scores can't be read has none.
 *
 * Target: { labels [frames] 1 to 5, shown: the frames of the prompt by index, fps, start: the second of the first frame }. Returns [0, 1].
 * Only what the environment wrote begins a round; with `responses: text` and where it wrote nothing, its tag in the text does.
 * Source: Conan (arXiv:2510.20470), the identification reward of its code.
 */
export const frameIdentificationReward = defineReward({
  name: "frame_identification",
  target: Target,
  field: "frames",
  range: [0, 1],
  options: z.strictObject(answers),
  examples: [
    { completion: "<score>00:00:05: 5</score>", target: FRAMES, score: 1 },
    { completion: "<score>00:00:10: 5</score>", target: FRAMES, score: 0 },
  ],
  score({ completion, turns, target, options }) {
    const written = answeredTurns({ completion, turns }, options.responses, options.response);
    return frameIdentification(roundsOf(written, target), target.labels);
  },
});

/**
 * What the policy's retrievals brought: see `frameRetrieval`; without one, what `frame_identification` gives.
 * Target, rounds and range as there. Source: Conan (arXiv:2510.20470), the retrieval reward.
 */
export const frameRetrievalReward = defineReward({
  name: "frame_retrieval",
  target: Target,
  field: "frames",
  range: [0, 1],
  options: DetectiveOptions.extend(answers),
  examples: [
    {
      completion: [
        ["policy", "<score>00:00:05: 1</score><clip>00:00:15</clip>"],
        ["observation", "<tool_response>00:00:15 <image></tool_response>"],
        ["policy", "<answer>B</answer>"],
      ],
      target: { labels: [1, 1, 5], shown: [0] },
      score: 1,
    },
  ],
  score({ completion, turns, target, options }) {
    const rounds = roundsOf(answeredTurns({ completion, turns }, options.responses, options.response), target);
    return frameRetrieval(rounds, target.labels, options) ?? frameIdentification(rounds, target.labels);
  },
});
