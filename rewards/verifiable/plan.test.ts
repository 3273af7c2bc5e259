import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { plan } from "./plan.ts";

// Two blocks on a table, one hand: a stands on b, and b should stand on a.
const BLOCKS = {
  actions: [
    {
      name: "unstack ?x ?y",
      needs: ["on ?x ?y", "clear ?x", "hand empty"],
      adds: ["holding ?x", "clear ?y"],
      removes: ["on ?x ?y", "clear ?x", "hand empty"],
    },
    { name: "putdown ?x", needs: ["holding ?x"], adds: ["table ?x", "clear ?x", "hand empty"], removes: ["holding ?x"] },
    {
      name: "pickup ?x",
      needs: ["table ?x", "clear ?x", "hand empty"],
      adds: ["holding ?x"],
      removes: ["table ?x", "clear ?x", "hand empty"],
    },
    {
      name: "stack ?x ?y",
      needs: ["holding ?x", "clear ?y"],
      adds: ["on ?x ?y", "clear ?x", "hand empty"],
      removes: ["holding ?x", "clear ?y"],
    },
  ],
  init: ["on a b", "table b", "clear a", "hand empty"],
  goal: ["on b a", "table a"],
};
const RIGHT = "unstack a b\nputdown a\npickup b\nstack b a";

function run(answer: string, options: object = {}, problem: object = BLOCKS) {
  const input = rewardInput({
    completion: `<answer>${answer}</answer>`,
    target: plan.target.parse(problem),
    options: plan.options!.parse(options) as never,
  });
  return plan.score(input) as { score: number; metrics: Record<string, number>; steps: { start: number; end: number; score: number }[] };
}

test.each<[string, string, number, number]>([
  ["the plan", RIGHT, 1, 1],
  ["as calls, numbered", "1. Unstack(a, b)\n2. putdown(a)\n3. pickup(b)\n4. STACK(b, a)", 1, 1],
  ["bullets and blank lines", `- ${RIGHT.replaceAll("\n", "\n\n- ")}\n`, 1, 1],
  ["half of it: a lies on the table", "unstack a b\nputdown a", 0, 1 / 2],
  ["a step that is not allowed, after half", "unstack a b\nputdown a\npickup a\npickup b\nstack b a", 0, 0], // a is held where it stops
  ["an unknown step at the end", `${RIGHT}\nsing`, 0, 1],
  ["an allowed step that undoes it", `${RIGHT}\nunstack b a`, 0, 1 / 2],
  ["the wrong order", "pickup b\nunstack a b\nputdown a\nstack b a", 0, 0],
  ["too few things", "unstack a", 0, 0],
  ["things that are not there", "unstack c d", 0, 0],
  ["nothing", "", 0, 0],
  ["prose", "First I would take a from b.", 0, 0],
])("%s", (_, answer, all, goals) => {
  expect(run(answer).score).toBe(all);
  expect(run(answer, { credit: "goals" }).score).toBe(goals);
});

test("each step is scored where it stands", () => {
  const completion = `<answer>${RIGHT.replace("pickup b", "pickup a\npickup a")}</answer>`;
  const { steps, metrics } = run(RIGHT.replace("pickup b", "pickup a\npickup a"));
  expect(steps.map(({ start, end, score }) => [completion.slice(start, end), score])).toEqual([
    ["unstack a b", 1],
    ["putdown a", 1],
    ["pickup a", 1],
    ["pickup a", 0], // the hand holds it
    ["stack b a", 0],
  ]);
  expect(metrics).toEqual({ legal: 3 / 5, goals: 0 });
});

test("more than max_steps steps are none", () => {
  const wander = "unstack a b\nstack a b\n".repeat(60);
  expect(run(wander + RIGHT).score).toBe(0);
  expect(run(wander + RIGHT, { max_steps: 200 }).score).toBe(1);
});

test("what is forbidden stops a plan", () => {
  const problem = {
    actions: [{ name: "open ?x", forbids: ["locked ?x"], adds: ["opened ?x"] }],
    init: ["locked safe"],
    goal: ["opened door"],
  };
  expect(run("open door", {}, problem).score).toBe(1);
  expect(run("open safe\nopen door", {}, problem).score).toBe(0);
});

test.each<[string, object]>([
  ["a free variable", { ...BLOCKS, actions: [{ name: "pick ?x", needs: ["at ?y"] }] }],
  ["a variable at first", { ...BLOCKS, init: ["on ?x b"] }],
  ["no goal", { ...BLOCKS, goal: [] }],
  ["no action", { ...BLOCKS, actions: [] }],
  ["a typo", { ...BLOCKS, gaol: [] }],
])("a problem with %s is refused", (_, problem) => {
  expect(plan.target.safeParse(problem).success).toBe(false);
});

test("goals that hold from the start are our mistake", () => {
  expect(() => run("", {}, { ...BLOCKS, goal: ["on a b"] })).toThrow("hold from the start");
});
