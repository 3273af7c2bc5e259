import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { FUZZ_TIMEOUT_MS, fuzzRounds, slowFuzzRounds } from "../../tests/fuzz.ts";
import { ask } from "../ask.ts";
import { lastCodeBlock } from "../text/code-block.ts";
import { extract } from "../text/extract.ts";
import { verifiable } from "./index.ts";

interface Case {
  fields: Record<string, unknown>;
  options?: object;
  /** a completion of full score, from which others are mutated */
  right: string;
  /** the best score, 1 unless given; the worst is 0 */
  best?: number;
  /** mutations to try, 300 unless given: fewer where each runs a program */
  trials?: number;
}

const TABLE = { a: [1, 2], b: ["x", null] };
const SCHEMA = { type: "object", required: ["a"], properties: { a: { type: "array", uniqueItems: true, items: { type: "integer" } } } };

const CASES: Record<string, Case[]> = {
  action_hierarchy: [
    {
      fields: { action: { type: "type_and_submit", name: "search", text: "red shoes size 9" } },
      right: '{"rationale": "r", "action": {"type": "type_and_submit", "name": "search", "text": "red shoes size 9"}}',
      best: 0.5 + 0.3 + 0.1 + 0.1 + 0.1 + 1000,
    },
  ],
  boxed_format: [{ fields: {}, right: "so \\boxed{5}" }],
  choice: [
    { fields: { answer: "B" }, right: "<answer>(B) dog</answer>" },
    {
      fields: { answer: "B", options: ["a", "b"] },
      options: { mode: "lenient", extract: "whole", options_field: "options" },
      right: "the answer is B",
    },
  ],
  contains: [{ fields: { key_word: ["red", "car"] }, options: { credit: "share" }, right: "a red car" }],
  decision: [{ fields: { programmability: "high", answer: "7" }, right: "<CODE> \\boxed{7}" }],
  edit_ratio: [{ fields: { answer: "hello world" }, right: "<answer>hello world</answer>" }],
  item_set: [{ fields: { answer: ["a", "b", "c"] }, right: "<answer>a, b, c</answer>" }],
  javascript_tests: [
    {
      fields: { tests: { function: "add", tests: [{ args: [1, 2], returns: 3 }] } },
      options: { budget: 20 },
      right: "```js\nfunction add(a, b) { return a + b; }\n```",
      trials: 30,
    },
  ],
  json_match: [
    { fields: { answer: { a: [1, { b: "x" }] } }, options: { credit: "share" }, right: '<answer>{"a": [1, {"b": "x"}]}</answer>' },
  ],
  json_schema: [{ fields: { schema: SCHEMA }, right: '<answer>{"a": [1, 2, 3]}</answer>' }],
  math: [
    { fields: { answer: "\\frac{1}{2}" }, right: "\\boxed{\\frac{1}{2}}" },
    { fields: { answer: "x^2+2x+1" }, right: "\\boxed{(x+1)^{2}}" },
    { fields: { answer: "(-\\infty,1]\\cup[3,\\infty)" }, options: { extract: "whole" }, right: "x\\le 1\\text{ or }x\\ge 3" },
  ],
  multi_select: [{ fields: { labels: [0, 2], options: ["a", "b", "c", "d"] }, right: "<answer>[0, 2]</answer>" }],
  ndcg: [{ fields: { answer: { a: 2, b: 1 } }, right: "<answer>a, b</answer>" }],
  number: [
    { fields: { answer: "1,234.5 km" }, options: { relative: 0.05 }, right: "<answer>1,234.5 km</answer>" },
    { fields: { answer: 12 }, options: { extract: "whole", find: "last" }, right: "so 3 + 9 = 12" },
  ],
  plan: [
    {
      fields: {
        problem: { actions: [{ name: "go ?a ?b", needs: ["at ?a"], adds: ["at ?b"], removes: ["at ?a"] }], init: ["at x"], goal: ["at z"] },
      },
      options: { credit: "goals" },
      right: "<answer>go x y\ngo y z</answer>",
    },
  ],
  python_tests: [
    {
      fields: { tests: { function: "add", tests: [{ args: [1, 2], returns: 3 }] } },
      options: { test_timeout_ms: 2000 },
      right: "```py\ndef add(a, b):\n    return a + b\n```",
      trials: 4,
    },
  ],
  ranking: [{ fields: { answer: ["a", "b", "c"] }, right: "<answer>a > b > c</answer>" }],
  regex: [{ fields: {}, options: { pattern: "(a+)+b$" }, right: "aaab" }],
  sql_result: [
    {
      fields: { sql: { setup: "create table t (a int); insert into t values (1), (2);", query: "select a from t where a > 1" } },
      right: "<answer>select a from t where a = 2</answer>",
      trials: 30,
    },
  ],
  table_fidelity: [{ fields: { table: TABLE }, right: "<CODE>\nxs = [1, 2]\nchart_data = pd.DataFrame({'a': xs, 'b': ['x', None]})" }],
  text_match: [{ fields: { answer: ["New York", "NYC"] }, options: { ignore_punctuation: true }, right: "<answer>New York.</answer>" }],
};

/** of the processor, which other work on the machine does not use up */
const LIMIT_MS = 2000;
/** starting a thread takes a while on a machine that is busy */
const LIMIT_MS_OF_PROGRAMS = 60_000;

async function score(name: string, { fields, options = {}, best = 1, trials }: Case, completion: string): Promise<number> {
  const definition = verifiable.find((one) => one.name === name)!;
  const checked = definition.options?.parse(options);
  const [started, used] = [performance.now(), process.cpuUsage()];
  const outcome = await ask(
    { definition, field: definition.field, options: checked },
    { completion, exampleId: "a", fields, seed: 0, tokens: 1, finish: "stop" },
  );
  const { user, system } = process.cpuUsage(used);
  const tookMs = trials === undefined ? (user + system) / 1000 : performance.now() - started;
  // no `expect`, which takes longer than most of these rewards
  const refuse = (what: string) => new Error(`${JSON.stringify(completion.slice(0, 300))} ${what}`);
  if (tookMs > (trials === undefined ? LIMIT_MS : LIMIT_MS_OF_PROGRAMS)) throw refuse(`takes ${tookMs} ms`);
  if (outcome.kind !== "score") throw refuse(JSON.stringify(outcome));
  if (!(outcome.score >= 0 && outcome.score <= best + 1e-9)) throw refuse(`scores ${outcome.score}`);
  return outcome.score;
}

test("every reward of the table is tried", () => {
  expect(Object.keys(CASES).sort()).toEqual(verifiable.map(({ name }) => name).sort());
});

const all = Object.entries(CASES).flatMap(([name, cases]) => cases.map((one, i): [string, number, Case] => [name, i, one]));

const PIECES = [
  ..."0123456789abxyzABC .,;:!?+-*/^_=<>|%()[]{}\\$\"'`\n\t°±∞\u0000\ud835",
  "<answer>",
  "</answer>",
  "<think>",
  "\\boxed{",
  "\\frac{",
  "}{",
  "\\left(",
  "\\text{",
  "\\begin{pmatrix}",
  "\\\\",
  "1e999",
  "NaN",
  "__proto__",
  "null",
  "```",
  "pd.DataFrame(",
  "９",
  "ﬁ",
  "字",
];

function mutated(right: string, random: Random, trial: number): string {
  let text = trial % 10 === 0 ? "" : right;
  for (let change = random.integer(1, trial % 10 === 0 ? 40 : 5); change > 0; change--) {
    const at = random.integer(0, text.length);
    const piece = PIECES[random.integer(0, PIECES.length - 1)]!.repeat(random.integer(0, 9) === 0 ? 50 : 1);
    text = text.slice(0, at) + (random.integer(0, 3) === 0 ? "" : piece) + text.slice(at + random.integer(0, 3));
  }
  return text;
}

test.each(all)(
  "%s %d: right is the best, and mutations never throw, are never NaN, out of range or slow",
  async (name, i, one) => {
    expect(await score(name, one, one.right)).toBeCloseTo(one.best ?? 1, 9);
    const random = Random.of(5, name, i);
    for (let trial = 0; trial < (one.trials === undefined ? fuzzRounds(300) : slowFuzzRounds(one.trials)); trial++) {
      await score(name, one, mutated(one.right, random, trial));
    }
  },
  FUZZ_TIMEOUT_MS,
);

// The threads are slow to ask a hundred thousand times; what is read before a program gets there is not.
test(
  "what is taken out of a completion as a program is a part of it",
  () => {
    const random = Random.of(6, "programs");
    for (const { right } of [...CASES.javascript_tests!, ...CASES.sql_result!]) {
      for (let trial = 0; trial < fuzzRounds(300); trial++) {
        const text = mutated(right, random, trial);
        const program = lastCodeBlock(text) ?? extract(text, "answer");
        if (program !== null && !text.includes(program)) throw new Error(`${JSON.stringify(text)}: ${JSON.stringify(program)}`);
      }
    }
  },
  FUZZ_TIMEOUT_MS,
);

const HUGE = 300_000;
const fill = (piece: string) => piece.repeat(Math.ceil(HUGE / piece.length)).slice(0, HUGE);

// Each of these makes some careless pattern take quadratic time.
test.each([
  ["spaces", " "],
  ["digits", "1"],
  ["thousands", "1,000,"],
  ["letters", "a"],
  ["option letters", "B) "],
  ["answers in words", "the answer is B "],
  ["brackets", "("],
  ["braces", "{"],
  ["square brackets", "["],
  ["boxes", "\\boxed{"],
  ["boxes that close", "\\boxed{1}"],
  ["box marks", "<|begin_of_box|>"],
  ["tags", "<answer>"],
  ["empty lines", "\n"],
  ["names", "a=1\n"],
  ["names that are not closed", "a=[\n"],
  ["quotes", '"'],
  ["fences", "```\n"],
  ["signs", "-"],
  ["dots", "."],
  ["commas", ","],
  ["words", "word "],
  ["Chinese", "字"],
])("a long run of %s, alone and inside of an answer, is scored in bounded time", async (_, piece) => {
  const run = fill(piece);
  for (const [name, , one] of all) {
    for (const text of [run, `<CODE>\n<answer>${run}</answer>\\boxed{${run}}`, one.right + run]) await score(name, one, text);
  }
});

test("nothing, a blank and a confession are worth nothing", async () => {
  for (const [name, , one] of all) {
    for (const text of ["", " ", "<answer></answer>", "<answer> </answer>", "\\boxed{}", "I do not know."]) {
      expect(await score(name, one, text), `${name} ${text}`).toBe(0);
    }
  }
});
