import { z } from "zod";
import type { Box } from "../box.ts";
import { defineReward } from "../define.ts";

const NUMBER = "\\s{0,8}([0-9]{1,4}(?:\\.[0-9]{1,9})?)\\s{0,8}";
const FOUR = `\\[${NUMBER},${NUMBER},${NUMBER},${NUMBER}[\\],]`;
const KEYED = new RegExp(`["']?bbox["']?\\s{0,8}:\\s{0,8}${FOUR}`, "g");
const BARE = new RegExp(FOUR, "g");

interface Reading {
  box: Box | null;
  closed: boolean;
  keyed: boolean;
  fallback: boolean;
}

/**
 * The box after the first `</think>`: the first `bbox:[…]`, quoted or not, with four numbers in 0 to 1000; else the first bare bracket of
 * four, behind `Answer:` where that stands. Corners are put in order. Without `</think>` there is no box.
 * Source: RS-EoT (arXiv:2511.22396), released code.
 */
export function boxAfterThinking(completion: string): Reading {
  const close = completion.indexOf("</think>");
  if (close < 0) return { box: null, closed: false, keyed: false, fallback: false };
  const after = completion.slice(close + "</think>".length);
  const keyed = firstFour(after, KEYED);
  if (keyed !== null) return { box: keyed, closed: true, keyed: true, fallback: false };
  const answer = after.indexOf("Answer:");
  const bare = firstFour(answer < 0 ? after : after.slice(answer), BARE);
  return { box: bare, closed: true, keyed: false, fallback: bare !== null };
}

function firstFour(text: string, pattern: RegExp): Box | null {
  for (const match of text.matchAll(pattern)) {
    const [x1, y1, x2, y2] = match.slice(1, 5).map(Number) as Box;
    if (Math.max(x1, y1, x2, y2) > 1000) continue;
    return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  }
  return null;
}

/**
 * How well `{"bbox":[x1,y1,x2,y2]}` behind the thinking is kept to: half for a `</think>`, half for the key after it; halved where the key
 * stands only inside the thinking, and halved again where a bare bracket had to be read. Returns [0, 1]. The target is not read.
 * Source: RS-EoT (arXiv:2511.22396), released code.
 */
export const bboxKeyFormat = defineReward({
  name: "bbox_key_format",
  target: z.unknown(),
  field: "box",
  range: [0, 1],
  examples: [
    { completion: '<think>a</think>{"bbox":[0,0,9,9]}', score: 1 },
    { completion: "<think>a</think>[0,0,9,9]", score: 1 / 2 / 2 },
  ],
  score({ completion }) {
    const { closed, keyed, fallback } = boxAfterThinking(completion);
    let score = ((closed ? 1 : 0) + (keyed ? 1 : 0)) / 2;
    const thought = completion.slice(0, Math.max(0, completion.indexOf("</think>")));
    if (!keyed && /(?<!["'])\bbbox:\s{0,8}\[/.test(thought)) score /= 2;
    return fallback ? score / 2 : score;
  },
});
