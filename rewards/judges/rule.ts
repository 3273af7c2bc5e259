import type { Judge } from "./define.ts";
import type { RuleSpec } from "./schema.ts";

/** Answers by the first expression that is found in the question: for tests, and for what needs no model. */
export function ruleJudge({ rules, otherwise }: RuleSpec): Judge {
  const compiled = rules.map(({ pattern, answer }) => ({ expression: new RegExp(pattern, "u"), answer }));
  return {
    identity: { rules, otherwise },
    async ask({ prompt }) {
      const text = compiled.find(({ expression }) => expression.test(prompt))?.answer ?? otherwise;
      return text === null ? { kind: "error", message: "no rule fits the question" } : { kind: "answer", text };
    },
  };
}
