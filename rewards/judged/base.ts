import { z } from "zod";
import type { Need } from "../define.ts";

/** What rewards that ask a judge have in common: any target, which the judge is shown, and a score in [0, 1]. */
export const judgedReward = {
  target: z.unknown(),
  field: "answer",
  range: [0, 1] as const,
  needs: ["judges", "pictures"] as const satisfies readonly Need[],
};
