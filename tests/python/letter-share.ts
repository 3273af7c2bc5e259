import { defineReward, z } from "vlrl";

/** The share of a completion's characters that are the row's letter, in [0, 1]; 0 for an empty one. */
export default defineReward({
  name: "letter_share",
  target: z.string().length(1),
  field: "letter",
  score: ({ completion, target }) => (completion === "" ? 0 : completion.split(target).length - 1) / Math.max(1, completion.length),
});
