import { z } from "zod";

const Fact = z.string().regex(/\S/, "expected a fact, such as `on a b`").max(200);
const Facts = z.array(Fact).max(1000);

const Action = z.strictObject({
  name: z.string().regex(/^[^\s?]+(?: \?[\w-]+)*$/, "expected a name and its variables, such as `stack ?a ?b`"),
  needs: Facts.default([]).describe("facts that must hold before"),
  forbids: Facts.default([]).describe("facts that must not hold before"),
  adds: Facts.default([]).describe("facts that hold afterwards"),
  removes: Facts.default([]).describe("facts that no longer hold afterwards, unless added"),
});

/** A world of facts: what holds at first, what should hold at last, and what each action needs and changes. Case and spaces do not count. */
export const PlanningProblem = z
  .strictObject({ actions: z.array(Action).min(1).max(100), init: Facts, goal: Facts.min(1, "expected at least one goal") })
  .superRefine(({ actions, init, goal }, context) => {
    for (const [i, action] of actions.entries()) {
      const known = new Set(action.name.split(" ").slice(1));
      for (const key of ["needs", "forbids", "adds", "removes"] as const) {
        const free = action[key].flatMap((fact) => fact.split(/\s+/)).find((word) => word.startsWith("?") && !known.has(word));
        if (free !== undefined)
          context.addIssue({ code: "custom", path: ["actions", i, key], message: `${free} is no variable of ${action.name}` });
      }
    }
    if ([...init, ...goal].some((fact) => fact.includes("?")))
      context.addIssue({ code: "custom", message: "init and goal have no variables" });
  });
export type PlanningProblem = z.infer<typeof PlanningProblem>;

export interface PlanResult {
  /** how many steps, from the first, could be taken */
  legal: number;
  /** share of goals that hold where the plan stops, at its end or before its first illegal step; a goal that held at first counts too */
  goals: number;
  /** share of goals that held at first */
  before: number;
}

/** Takes the steps of a plan, each a list of words, until one is unknown or not allowed. Linear in the plan. */
export function follow({ actions, init, goal }: PlanningProblem, plan: string[][]): PlanResult {
  const state = new Set(init.map(fact));
  const wanted = [...new Set(goal.map(fact))];
  const share = () => wanted.filter((one) => state.has(one)).length / wanted.length;
  const before = share();
  const table = new Map(actions.map((action) => [key(words(action.name)), action]));
  let legal = 0;
  for (const step of plan) {
    const action = table.get(key(step));
    if (action === undefined) break;
    const variables = words(action.name).slice(1);
    const ground = (facts: string[]) =>
      facts.map((one) =>
        words(one)
          .map((word) => (word.startsWith("?") ? step[variables.indexOf(word) + 1]! : word))
          .join(" "),
      );
    if (!ground(action.needs).every((one) => state.has(one)) || ground(action.forbids).some((one) => state.has(one))) break;
    for (const one of ground(action.removes)) state.delete(one);
    for (const one of ground(action.adds)) state.add(one);
    legal++;
  }
  return { legal, goals: share(), before };
}

/** Actions of one name may differ in how many things they take. */
function key([name = "", ...rest]: string[]): string {
  return `${name}/${rest.length}`;
}

/** `Stack(a, b)` and `stack a b` are one step. */
export function words(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[\s(),]/)
    .filter(Boolean);
}

function fact(text: string): string {
  return words(text).join(" ");
}
