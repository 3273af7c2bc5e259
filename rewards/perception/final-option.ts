import { z } from "zod";
import { defineReward } from "../define.ts";

/**
 * Whether the option's letter behind the first `FINAL_ANSWER:` is the target's. Returns 1 or 0; 0 without it. Case is ignored.
 * Target: one letter A to Z. Source: Video-CoM (arXiv:2511.23477), R_acc.
 */
export const finalOption = defineReward({
  name: "final_option",
  target: z.string().regex(/^[A-Za-z]$/, "expected one letter"),
  field: "answer",
  score({ completion, target }) {
    const match = /FINAL_ANSWER:\s{0,16}\(?([A-Za-z])(?![A-Za-z])/i.exec(completion);
    return match !== null && match[1]!.toUpperCase() === target.toUpperCase() ? 1 : 0;
  },
});
