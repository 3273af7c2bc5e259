import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract } from "../text/extract.ts";

/**
 * Whether there is a complete `\boxed{…}` that is not blank. Returns 1 or 0. The target is not read.
 * Source: Visual Programmability (arXiv:2509.09286), format reward.
 */
export const boxedFormat = defineReward({
  name: "boxed_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  examples: [
    { completion: "so \\boxed{5}", score: 1 },
    { completion: "so \\boxed{ }", score: 0 },
  ],
  score: ({ completion }) => ((extract(completion, "boxed") ?? "").trim() === "" ? 0 : 1),
});
