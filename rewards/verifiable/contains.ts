import { z } from "zod";
import { defineReward } from "../define.ts";

const Texts = z.array(z.string().min(1)).max(100);

/**
 * Which of some texts stand anywhere in the completion, in any order. The option `texts` names them, or else the row's target.
 *
 * `credit: all` gives 1 where all of them do, else 0; `credit: share` the share of them, 0 for an empty list. Returns a number in [0, 1].
 * Source: PeBR-R1 (arXiv:2509.13031): its headings (`all`) and its key words (`share`).
 */
export const contains = defineReward({
  name: "contains",
  target: Texts.nullish(),
  field: "key_word",
  options: z.strictObject({
    texts: Texts.min(1).optional().describe("for all rows"),
    credit: z.enum(["all", "share"]).default("all").describe("all: 1 where all are there, else 0; share: the share that is"),
    ignore_case: z.boolean().default(true).describe("upper and lower case are one"),
  }),
  range: [0, 1],
  examples: [
    { completion: "a Red circle", target: ["red", "circle"], score: 1 },
    { completion: "a Red square", target: ["red", "circle"], options: { credit: "share" }, score: 1 / 2 },
  ],
  score({ completion, target, options }) {
    const texts = options.texts ?? target;
    if (texts === undefined || texts === null) throw new Error("neither the recipe nor the row names texts");
    const folded = (text: string) => (options.ignore_case ? text.toLowerCase() : text);
    const whole = folded(completion);
    const found = texts.filter((text) => whole.includes(folded(text))).length;
    if (texts.length === 0) return 0;
    return options.credit === "all" ? Number(found === texts.length) : found / texts.length;
  },
});
