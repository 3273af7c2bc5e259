import { defineReward, z } from "vlrl";

/** Pays for the share of characters that are a 7: the arm that is worth pulling. */
export default defineReward({
  name: "sevens",
  target: z.unknown(),
  field: "answer",
  score: ({ completion }) => (completion === "" ? 0 : [...completion].filter((char) => char === "7").length / [...completion].length),
});
