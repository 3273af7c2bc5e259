import { z } from "zod";
import { defineReward } from "../define.ts";
import { parseObservations } from "./observations.ts";

/**
 * Whether actions and observations come in turn and one answer comes at the end, every tag closed, with free text between: 1 or 0. The target
 * is not read. Source: ReWatch-R1 (ICLR 2026); whether good form needs an observation is not published.
 */
export const observationFormat = defineReward({
  name: "observation_format",
  target: z.unknown(),
  field: "answer",
  range: [0, 1],
  options: z.strictObject({ pairs_required: z.boolean().default(false).describe("whether good form needs an observation") }),
  examples: [
    { completion: "<action>look</action><observation>a cat</observation><answer>B</answer>", score: 1 },
    { completion: "<action>look</action><answer>B</answer>", score: 0 },
  ],
  score({ completion, options }) {
    const { pairs, wellFormed } = parseObservations(completion);
    return wellFormed && (pairs.length > 0 || !options.pairs_required) ? 1 : 0;
  },
});
