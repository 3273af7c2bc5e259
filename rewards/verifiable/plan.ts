import { z } from "zod";
import type { StepScore } from "../../core/types.ts";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { follow, PlanningProblem, words } from "../text/strips.ts";

const MAX_LENGTH = 20_000;

/** For the examples. */
const TRIP = {
  actions: [{ name: "go ?a ?b", needs: ["at ?a"], adds: ["at ?b"], removes: ["at ?a"] }],
  init: ["at home"],
  goal: ["at work"],
};

/**
 * Whether a plan can be carried out and reaches its goals, by the row's own rules: facts at first, goals, and what each action needs, forbids,
 * adds and removes (STRIPS). The answer has one action a line, `stack(a, b)` or `stack a b`, with or without a number before it.
 *
 * `credit: all`: 1 where every step is allowed and all goals hold at the end, else 0. `credit: goals`: the share of goals won by the steps
 * before the first that is not allowed, (held - held at first) / (1 - held at first), and not below 0. Returns a number in [0, 1]; 0 for
 * an empty plan and one of more than `max_steps`. A row whose goals hold from the start is an error.
 * Steps: each line, 1 where it is allowed and all before it are, else 0. Metrics: `legal`, the share of steps taken; `goals`, of goals at the end.
 * Source: Fikes and Nilsson, "STRIPS" (1971); plan validity as in PlanBench (arXiv:2206.10498).
 */
export const plan = defineReward({
  name: "plan",
  target: PlanningProblem as z.ZodType<PlanningProblem>,
  field: "problem",
  options: z.strictObject({
    extract: extractOption(),
    credit: z
      .enum(["all", "goals"])
      .default("all")
      .describe("all: 1 for a plan that can be carried out and reaches all goals; goals: the share of goals won"),
    max_steps: z.int().min(1).max(500).default(100).describe("a longer plan is worth 0"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>go(home, work)</answer>", target: TRIP, score: 1 },
    { completion: "<answer>go(work, home)</answer>", target: TRIP, score: 0 },
  ],
  score({ completion, target, options }) {
    const text = extract(completion, options.extract);
    const lines = text === null || text.length > MAX_LENGTH ? [] : placed(text, completion.lastIndexOf(text));
    const { legal, goals, before } = follow(target, lines.length > options.max_steps ? [] : lines.map(({ step }) => step));
    if (before === 1) throw new Error("the goals hold from the start");
    if (lines.length === 0 || lines.length > options.max_steps) return { score: 0, metrics: { legal: 0, goals: before } };
    const reached = legal === lines.length && goals === 1;
    const score = options.credit === "all" ? Number(reached) : Math.max(0, (goals - before) / (1 - before));
    const steps: StepScore[] = lines.map(({ start, end }, i) => ({ name: `step/${i}`, start, end, score: Number(i < legal) }));
    return { score, steps, metrics: { legal: legal / lines.length, goals } };
  },
});

/** Lines that are not blank, each as words, with its place in the completion. */
function placed(text: string, offset: number): { step: string[]; start: number; end: number }[] {
  let at = offset;
  return text.split("\n").flatMap((line) => {
    const start = at;
    at += line.length + 1;
    const step = words(line.replace(/^\s{0,20}(?:[0-9]{1,4}[.):]|[-*•])\s/, ""));
    return step.length === 0 ? [] : [{ step, start, end: start + line.length }];
  });
}
