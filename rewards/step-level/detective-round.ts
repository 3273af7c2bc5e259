import { tagBlocks } from "../shaping/tags.ts";

/** A frame or a range of frames, in seconds, both ends included. */
export interface Clip {
  from: number;
  to: number;
}

export interface Round {
  /** how much each shown frame matters, 1 (distractor) to 5 (evidence), as the policy says; empty where that can't be read */
  scores: (Clip & { score: number })[];
  clips: Clip[];
  answer: string;
  /** the four tags once each and in order, and either a clip or an answer, not both */
  wellFormed: boolean;
}

const ORDER = ["score", "think", "clip", "answer"];

/**
 * One message of the form `<score>00:00:05: 5, 00:00:10-00:00:20: 3</score><think>…</think><clip>00:01:00-00:01:20</clip><answer></answer>`.
 * Scores and clips are read from the first block of their tag; a range that ends before it starts is left out. Linear; never throws.
 * Source: Conan (arXiv:2510.20470).
 */
export function parseRound(message: string): Round {
  const { blocks, paired } = tagBlocks(message, ORDER);
  const text = (name: string) => blocks.find((block) => block.name === name)?.text ?? "";
  const inOrder = paired && blocks.map(({ name }) => name).join() === ORDER.join();
  const answer = text("answer").trim();
  return {
    scores: scoresOf(text("score")),
    clips: clipsOf(text("clip")),
    answer,
    wellFormed: inOrder && (text("clip").trim() === "") !== (answer === ""),
  };
}

const TIME = "([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])";
const RANGE = `${TIME}(?:\\s{0,4}-\\s{0,4}${TIME})?`;

function scoresOf(text: string): Round["scores"] {
  const matches = text.matchAll(new RegExp(`(?<![0-9:])${RANGE}\\s{0,4}:\\s{0,4}([1-5])(?![0-9])`, "g"));
  return [...matches].map((match) => ({ ...clipOf(match), score: Number(match[7]) })).filter(({ from, to }) => from <= to);
}

function clipsOf(text: string): Clip[] {
  return [...text.matchAll(new RegExp(`(?<![0-9:])${RANGE}(?![0-9:])`, "g"))].map(clipOf).filter(({ from, to }) => from <= to);
}

function clipOf(match: RegExpMatchArray): Clip {
  const at = (i: number) => Number(match[i]) * 3600 + Number(match[i + 1]) * 60 + Number(match[i + 2]);
  return { from: at(1), to: match[4] === undefined ? at(1) : at(4) };
}

/**
 * The score of each shown frame: that of the last range it stands in. `shown` are frames by their index, `secondOf` says when a frame is.
 * Frames without a score are left out.
 */
export function frameScores(scores: Round["scores"], shown: readonly number[], secondOf: (frame: number) => number): Map<number, number> {
  const found = new Map<number, number>();
  for (const frame of shown) {
    const second = secondOf(frame);
    const range = scores.findLast(({ from, to }) => from <= second && second <= to);
    if (range !== undefined) found.set(frame, range.score);
  }
  return found;
}
