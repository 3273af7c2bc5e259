import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { isObject, parseJson } from "../text/json-text.ts";
import { rougeL } from "../text/rouge.ts";

const Action = z.discriminatedUnion("type", [
  z.object({ type: z.literal("click"), name: z.string().min(1) }),
  z.object({ type: z.literal("type_and_submit"), name: z.string().min(1), text: z.string().min(1) }),
  z.object({ type: z.literal("terminate") }),
]);
type Action = z.infer<typeof Action>;

/**
 * The next action of a shopper, paid in layers: `{"rationale": …, "action": {"type": …, "name": …, "text": …}}`.
 *
 *   format           0.5, else 0 in all: JSON with a rationale (a text) and an action (an object)
 *   type             + 0.3 where it is right, else nothing further
 *   click            + 0.2 for a name that is not blank, + dars * RL(name)
 *   type_and_submit  + 0.1 for a name, + 0.1 for a text, neither blank, + 0.1 * RL(name) + dars * RL(text)
 *   terminate        nothing more
 *
 * RL is ROUGE-L F1 against the target's text, taken as 0 unless it is above 0.75. Returns a number in [0, 1 + dars], 1001 with dars = 1000:
 * long texts are so much harder than types that nothing else should tell two completions apart where one has the text.
 * Metrics: `type` and `exact` (all that applies is the same text), 1 or 0.
 * Source: Shop-R1 (arXiv:2507.17842).
 */
export const actionHierarchy = defineReward({
  name: "action_hierarchy",
  target: Action,
  field: "action",
  options: z.strictObject({
    extract: extractOption("whole"),
    dars: z.number().min(0).default(1000).describe("weight of a long text"),
    threshold: z.number().min(0).max(1).default(0.75).describe("a ROUGE-L up to this counts as 0"),
  }),
  examples: [
    {
      completion: '{"rationale": "so", "action": {"type": "click", "name": "Buy now"}}',
      target: { type: "click", name: "Buy now" },
      score: 1001,
    },
    {
      completion: '{"rationale": "so", "action": {"type": "click", "name": "Back"}}',
      target: { type: "click", name: "Buy now" },
      score: 1,
    },
  ],
  score({ completion, target, options: { extract: from, dars, threshold } }) {
    const given = parseJson(extract(completion, from) ?? "");
    if (!isObject(given) || typeof given.rationale !== "string" || !isObject(given.action)) return bad(0);
    const { action } = given;
    if (action.type !== target.type) return bad(0.5);
    const similar = (text: string, wanted: string) => {
      const found = rougeL(text, wanted);
      return found > threshold ? found : 0;
    };
    const [name, text] = [textOf(action.name), textOf(action.text)];
    let score = 0.5 + 0.3;
    if (target.type === "click") score += 0.2 * written(name) + dars * similar(name, target.name);
    if (target.type === "type_and_submit") {
      score += 0.1 * written(name) + 0.1 * written(text) + 0.1 * similar(name, target.name) + dars * similar(text, target.text);
    }
    return { score, metrics: { type: 1, exact: exact(target, name, text) } };
  },
});

function bad(score: number) {
  return { score, metrics: { type: 0, exact: 0 } };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function written(text: string): number {
  return text.trim() === "" ? 0 : 1;
}

function exact(target: Action, name: string, text: string): number {
  if (target.type === "terminate") return 1;
  return Number(name === target.name && (target.type === "click" || text === target.text));
}
