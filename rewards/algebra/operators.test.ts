import { expect, test } from "vitest";
import type { Outcome } from "../../core/types.ts";
import { fakeRewards, type Given, specsOf } from "../../tests/fake-rewards.ts";
import { referenceProblems } from "./graph.ts";

const error: Outcome = { kind: "error", message: "broken" };
const timeout: Outcome = { kind: "timeout", message: "slow" };

type Case = [operator: string, yaml: string, scores: Record<string, Given>, expected: number | null];

test.each<Case>([
  ["weights", "[{ file: a.ts, weight: 2 }, { file: b.ts, weight: -0.5 }]", { a: 3, b: 4 }, 4], // 2 * 3 - 0.5 * 4
  ["log-only", "[{ file: a.ts }, { file: b.ts, log_only: true }]", { a: 3, b: 4 }, 3],
  ["weight 0", "[{ file: a.ts }, { file: b.ts, weight: 0 }]", { a: 3, b: error }, 3],

  ["scale, inside", "[{ file: a.ts, scale: { from: [0, 10], to: [1, 2] } }]", { a: 2.5 }, 1.25],
  ["scale, below", "[{ file: a.ts, scale: { from: [0, 10], to: [1, 2] } }]", { a: -5 }, 1],
  ["scale, above", "[{ file: a.ts, scale: { from: [0, 10], to: [1, 2] } }]", { a: 11 }, 2],
  ["scale, turned round", "[{ file: a.ts, scale: { from: [0, 1], to: [1, 0] } }]", { a: 0.25 }, 0.75],
  ["scale, from falling", "[{ file: a.ts, scale: { from: [10, 0], to: [0, 1] } }]", { a: 4 }, 0.6],
  ["scale as a clip", "[{ file: a.ts, scale: { from: [0, 1], to: [0, 1] } }]", { a: 1.5 }, 1],

  ["threshold, reached", "[{ file: a.ts, threshold: 0.5 }]", { a: 0.5 }, 1],
  ["threshold, missed", "[{ file: a.ts, threshold: 0.5 }]", { a: 0.49 }, 0],
  ["threshold, strict", "[{ file: a.ts, threshold: { above: 0.5 } }]", { a: 0.5 }, 0],
  ["threshold, at most", "[{ file: a.ts, threshold: { at_most: 0.5 } }]", { a: 0.5 }, 1],
  ["threshold, between", "[{ file: a.ts, threshold: { above: 0, below: 1 } }]", { a: 1 }, 0],
  ["threshold, after the scale", "[{ file: a.ts, scale: { from: [0, 10], to: [0, 1] }, threshold: 0.5 }]", { a: 5 }, 1],
  ["keep, passed", "[{ file: a.ts, keep: { above: 0.5 } }]", { a: 0.75 }, 0.75],
  ["keep, missed", "[{ file: a.ts, keep: { above: 0.5 } }]", { a: 0.5 }, 0],

  ["times", "[{ file: a.ts, weight: 2, times: b }, { file: b.ts, weight: 0 }]", { a: 3, b: 0.5 }, 3], // 2 * 3 * 0.5
  ["times two", "[{ file: a.ts, times: [b, c] }, { file: b.ts }, { file: c.ts, weight: 0 }]", { a: 3, b: 2, c: 4 }, 26], // 3 * 2 * 4 + 2
  ["times, no weight", "[{ file: a.ts, times: b }, { file: b.ts, weight: 10 }]", { a: 3, b: 2 }, 26], // 3 * 2 + 10 * 2
  ["times, shaped", "[{ file: a.ts, times: b }, { file: b.ts, weight: 0, threshold: 1 }]", { a: 3, b: 7 }, 3],
  [
    "times in a chain",
    "[{ file: a.ts, times: b }, { file: b.ts, weight: 0, times: c }, { file: c.ts, weight: 0 }]",
    { a: 2, b: 3, c: 5 },
    30,
  ],
  ["times, absent", "[{ file: a.ts, times: b }, { file: b.ts, weight: 0 }, { file: c.ts }]", { a: 3, b: null, c: 1 }, 1],
  ["times, failed", "[{ file: a.ts, times: b }, { file: b.ts, weight: 0 }]", { a: 3, b: timeout }, null],
  [
    "times, failed and only logged",
    "[{ file: a.ts, log_only: true, times: b }, { file: b.ts, weight: 0 }, { file: c.ts }]",
    { a: 3, b: error, c: 1 },
    1,
  ],

  ["gate, open", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: true }]", { a: 3, g: 0.1 }, 3],
  ["gate, shut", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: true }]", { a: 3, g: 0 }, 0],
  ["gate that counts, open", "[{ file: a.ts }, { file: g.ts, weight: 0.5, gate: true }]", { a: 3, g: 1 }, 3.5],
  ["gate with a limit", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: { at_least: 0.5, else: -1 } }]", { a: 3, g: 0.4 }, -1],
  [
    "the first shut gate",
    "[{ file: g.ts, weight: 0, gate: { above: 0, else: -1 } }, { file: h.ts, gate: { above: 0, else: -2 } }]",
    { g: 1, h: 0 },
    -2,
  ],
  [
    "two shut gates: the first says",
    "[{ file: g.ts, weight: 0, gate: { above: 0, else: -1 } }, { file: h.ts, gate: { above: 0, else: -2 } }]",
    { g: 0, h: 0 },
    -1,
  ],
  ["gate that does not apply", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: true }]", { a: 3, g: null }, 3],
  ["gate that failed", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: true }]", { a: 3, g: error }, null],
  ["shut, but a part failed", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: true }]", { a: error, g: 0 }, null],
  ["shut, and nothing applies", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: true }]", { a: null, g: 0 }, 0],
  ["open, and nothing applies", "[{ file: a.ts }, { file: g.ts, weight: 0, gate: true }]", { a: null, g: 1 }, null],

  [
    "another part's value",
    "[{ file: a.ts, scale: { from: [0, 10], to: [0, 1] } }, { part: a, as: b, weight: 10, threshold: 0.5 }]",
    { a: 6 },
    10.6,
  ],
  ["the first that applies", "[{ file: a.ts, weight: 0 }, { file: b.ts, weight: 0 }, { part: [a, b], as: c }]", { a: null, b: 2 }, 2],
  ["none applies", "[{ file: a.ts, weight: 0 }, { part: [a], as: c }, { file: d.ts }]", { a: null, d: 5 }, 5],
  ["another part's failure", "[{ file: a.ts, weight: 0 }, { part: a, as: c }, { file: d.ts }]", { a: error, d: 5 }, null],

  ["absent, skipped", "[{ file: a.ts }, { file: b.ts, weight: 2 }, { file: c.ts }]", { a: 1, b: 1, c: null }, 3],
  // weights 1 and 2 take over 1: 3 * (1 + 1 / 3)
  [
    "absent, redistributed",
    "[{ file: a.ts }, { file: b.ts, weight: 2 }, { file: c.ts, absent: redistribute }]",
    { a: 1, b: 1, c: null },
    4,
  ],
  ["redistribute, there", "[{ file: a.ts }, { file: c.ts, absent: redistribute }]", { a: 1, c: 0.5 }, 1.5],
])("%s", async (_, yaml, scores, expected) => {
  const { reward } = await fakeRewards(yaml).reward(scores);
  if (expected === null) expect(reward).toBeNull();
  else expect(reward).toBeCloseTo(expected, 12);
});

const ROUTES = `
- { file: count.ts, when: { field: task, is: counting } }
- { file: match.ts, when: { field: task, in: [choice, yes_no] } }
- { file: bonus.ts, weight: 10, when: [{ field: level, is: 2 }, { part: count, above: 0.5, at_most: 2 }] }
- { file: free.ts, weight: 100 }
`;

test.each<[Record<string, unknown>, Record<string, Given>, number | null, string[]]>([
  [{ task: "counting", level: 2 }, { count: 1, bonus: 3, free: 0 }, 31, ["count", "free", "bonus"]], // 1 + 10 * 3
  [{ task: "counting", level: 2 }, { count: 0.5, free: 0 }, 0.5, ["count", "free"]],
  [{ task: "counting", level: 2 }, { count: 2.1, free: 0 }, 2.1, ["count", "free"]],
  [{ task: "counting", level: 1 }, { count: 1, free: 0 }, 1, ["count", "free"]],
  [{ task: "yes_no", level: 2 }, { match: 1, free: 0 }, 1, ["match", "free"]],
  [{ task: "other", level: 2 }, { free: 2 }, 200, ["free"]],
  [{ task: "other", level: 2 }, { free: null }, null, ["free"]],
  // whether the bonus applies can't be known
  [{ task: "counting", level: 2 }, { count: error, free: 1 }, null, ["count", "free"]],
])("when: %j, %j", async (fields, scores, expected, asked) => {
  const result = await fakeRewards(ROUTES).reward(scores, fields);
  expect(result.reward).toBe(expected);
  expect(result.asked).toEqual(asked);
});

test("a condition on a part that failed is a failure of its own kind, and says why", async () => {
  const yaml = "[{ file: a.ts, weight: 0 }, { file: b.ts, when: { part: a, above: 0 } }]";
  expect((await fakeRewards(yaml).reward({ a: timeout })).outcomes[1]).toEqual({
    kind: "timeout",
    message: 'its condition on "a" is open: slow',
  });
  expect((await fakeRewards(yaml).reward({ a: null })).outcomes[1]).toEqual({ kind: "not_applicable" });
});

test.each<[string, Record<string, Given>, number | null]>([
  ["[{ file: a.ts, weight: 2, threshold: 3 }, { file: b.ts }]", { a: 2.5, b: 1 }, 2.5],
  ["[{ file: l.ts, log_only: true }, { file: a.ts }]", { l: 1, a: 2 }, 2],
  ["[{ file: a.ts }, { file: b.ts, log_only: true, outcome: true }]", { a: 1, b: 7 }, 7],
  ["[{ file: a.ts, outcome: true }, { file: b.ts, outcome: true }]", { a: null, b: 7 }, 7],
  ["[{ file: a.ts, outcome: true }, { file: b.ts }]", { a: error, b: 7 }, null],
  ["[{ file: a.ts }, { file: b.ts }]", { a: null, b: 7 }, null],
])("the outcome of %s is the raw score, weights and shapes aside", async (yaml, scores, expected) => {
  expect((await fakeRewards(yaml).reward(scores)).outcome).toBe(expected);
});

test("parts are told by their new names", async () => {
  const made = fakeRewards("[{ file: judge.ts, as: clear }, { file: judge.ts, as: brief, weight: 0.5 }]");
  expect(made.names).toEqual(["clear", "brief"]);
  expect((await made.reward({ clear: 1, brief: 0.5 })).reward).toBe(1.25);
});

test("unknown names and rings are found where they stand", () => {
  const { specs, names } = specsOf(`
- { file: answer.ts, times: formt }
- { file: format.ts, when: { part: answr, above: 0 } }
- { file: bonus.ts, when: [{ field: a, is: 1 }, { part: answer, above: 0 }] }
- { part: [answer, xyz], as: first }
`);
  expect(referenceProblems(specs, names)).toEqual([
    { index: 0, path: ["times"], message: 'no part is called "formt"', cure: 'Did you mean "format"?' },
    { index: 1, path: ["when", "part"], message: 'no part is called "answr"', cure: 'Did you mean "answer"?' },
    {
      index: 3,
      path: ["part", 1],
      message: 'no part is called "xyz"',
      cure: "The parts of this list are answer, format, bonus, first.",
    },
  ]);
  expect(referenceProblems(specs, ["answer", undefined, "bonus", "first"])).toEqual([]);
});

test.each([
  ["[{ file: a.ts, times: a }]", [0, ["times"], "a → a"]],
  ["[{ file: a.ts, times: b }, { file: b.ts, when: [{ field: x, is: 1 }, { part: a, above: 0 }] }]", [1, ["when", 1, "part"], "a → b → a"]],
  ["[{ file: a.ts }, { part: [a, c], as: b }, { file: c.ts, times: [a, b] }]", [2, ["times", 1], "b → c → b"]],
])("%s goes round in a ring", (yaml, [index, path, through]) => {
  const { specs, names } = specsOf(yaml);
  expect(referenceProblems(specs, names)).toEqual([
    {
      index,
      path,
      message: `goes round in a ring: ${through}`,
      cure: "A part can't depend on itself: remove one of these.",
    },
  ]);
});

test("a row without a condition's field is an error, not one that the condition rules out", async () => {
  const yaml = "[{ file: a.ts }, { file: b.ts, when: { field: task, is: box } }]";
  const { reward, outcomes } = await fakeRewards(yaml).reward({ a: 1 }, { answer: 3 });
  expect(reward).toBeNull();
  expect(outcomes[1]).toEqual({ kind: "error", message: "needs task for its condition, which the row lacks; it has answer" });
});

test.each([
  ["first_turn", { name: "first_turn", start: 0, end: 4, score: 0.5 }],
  ["last_turn", { name: "last_turn", start: 7, end: 9, score: 0.5 }],
  ["whole", null],
])("place: %s", async (place, step) => {
  const { outcomes, reward } = await fakeRewards(`[{ file: a.ts, weight: 2, place: ${place} }]`).reward({ a: 0.5 }, {}, [
    { role: "policy", start: 0, end: 4, firstToken: 0, endToken: 1 },
    { role: "observation", start: 4, end: 7, firstToken: 1, endToken: 2 },
    { role: "policy", start: 7, end: 9, firstToken: 2, endToken: 3 },
  ]);
  expect(reward).toBe(1);
  expect(outcomes[0]).toEqual(step === null ? { kind: "score", score: 0.5 } : { kind: "score", score: 0.5, steps: [step] });
});
