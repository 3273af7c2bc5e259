import { z } from "zod";
import { defineReward } from "../define.ts";
import { TagName } from "../shaping/tags.ts";
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

const response = TagName.default("tool_response").describe("the tag around what the environment writes");

/**
 * The rounds of a completion: what the policy says of the frames that the prompt shows, and then of those whose times stand in each response.
 * A frame is at second start + frame / fps. The first 64 rounds are read.
 */
export function roundsOf(completion: string, { labels, shown, fps, start }: Target, tag: string): DetectiveRound[] {
  const pieces = completion.split(`<${tag}>`).slice(0, MAX_ROUNDS);
  return pieces.map((piece, i): DetectiveRound => {
    const end = i === 0 ? -1 : piece.indexOf(`</${tag}>`);
    const frames = i === 0 ? shown : framesIn(end < 0 ? piece : piece.slice(0, end));
    const message = i > 0 && end < 0 ? "" : piece.slice(end < 0 ? 0 : end + tag.length + 3);
    return { shown: frames, scores: frameScores(parseRound(message).scores, frames, (frame) => start + frame / fps) };
  });

  function framesIn(text: string): number[] {
    const times = [...text.matchAll(/(?<![0-9:])([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])(?![0-9:])/g)];
    const frames = times.map(([, h, m, s]) => (Number(h) * 3600 + Number(m) * 60 + Number(s) - start) * fps);
    const whole = frames.filter((frame) => Math.abs(frame - Math.round(frame)) < 1e-6).map(Math.round);
    return [...new Set(whole)].filter((frame) => frame >= 0 && frame < labels.length);
  }
}

/**
 * How well the policy tells evidence from the rest, over its rounds: see `frameIdentification`. A round whose scores can't be read has none.
 *
 * Target: { labels [frames] 1 to 5, shown: the frames of the prompt by index, fps, start: the second of the first frame }. Returns [0, 1].
 * A policy that may write the response's tag itself can feign rounds: use it where the environment writes them.
 * Source: Conan (arXiv:2510.20470), the identification reward of its code.
 */
export const frameIdentificationReward = defineReward({
  name: "frame_identification",
  target: Target,
  field: "frames",
  range: [0, 1],
  options: z.strictObject({ response }),
  score: ({ completion, target, options }) => frameIdentification(roundsOf(completion, target, options.response), target.labels),
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
  options: DetectiveOptions.extend({ response }),
  score({ completion, target, options }) {
    const rounds = roundsOf(completion, target, options.response);
    return frameRetrieval(rounds, target.labels, options) ?? frameIdentification(rounds, target.labels);
  },
});
