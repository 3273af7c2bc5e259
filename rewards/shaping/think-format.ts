import { z } from "zod";
import { defineReward } from "../define.ts";

/**
 * Whether the completion opens with `<think>`, never opens another, and closes it. Returns 1 or 0. What follows is free: no answer tag is
 * asked for, and blank thoughts count. The target is not read.
 * Source: TRL `think_format_reward`, `^<think>(?!.*<think>)(.*?)</think>.*$` over all lines, said without a pattern.
 */
export const thinkFormat = defineReward({
  name: "think_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  examples: [
    { completion: "<think>a</think>b", score: 1 },
    { completion: "b", score: 0 },
  ],
  score: ({ completion }) => (opensOnce(completion) && completion.includes("</think>", "<think>".length) ? 1 : 0),
});

function opensOnce(text: string): boolean {
  return text.startsWith("<think>") && !text.includes("<think>", "<think>".length);
}
