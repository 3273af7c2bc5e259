import { describe, expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { ask } from "../rewards/ask.ts";
import { CuriosityOptions, curiosity } from "../rewards/shaping/curiosity.ts";
import { answerRarity, diversity } from "../rewards/shaping/diversity.ts";
import { groupLength, lengthDeviation } from "../rewards/shaping/group-length.ts";
import { shaping } from "../rewards/shaping/index.ts";
import { DetectiveOptions, detectiveReward } from "../rewards/step-level/detective.ts";
import { frameScores, parseRound } from "../rewards/step-level/detective-round.ts";
import { stepLevel } from "../rewards/step-level/index.ts";
import { ObservationOptions, observationAndReasoning } from "../rewards/step-level/observation-and-reasoning.ts";
import { parseObservations } from "../rewards/step-level/observations.ts";
import { ProcessOptions, parseVerdicts, processReward } from "../rewards/step-level/process-reward.ts";

const CHAIN = ["3 + 7 = 10", "10 + 5 = 15", "so 15"];
const VIDEO = { answer: "B", valid_segments: [2, 3], valid_frames: [[100, 140]], valid_bounding_box: [[120, [10, 10, 50, 50]]] };
const TOOLS = { zoom: { bbox_2d: "numbers", label: "string?" } };
const CALL = '<tool_call>{"name":"zoom","arguments":{"bbox_2d":[1,2,3,4]}}</tool_call>';

/** Every reward with its options, its target and the range it declares. */
const CASES: [name: string, options: object, target: unknown, low: number, high: number][] = [
  ["action_validity", { tools: TOOLS }, "15", 0, 1],
  ["action_validity", { tag: "action", templates: ["go {word}", "at {time}", "output answer: {any}"] }, "15", 0, 1],
  ["boxed_answer_format", {}, "15", 0, 1],
  ["boxed_answer_format", { box: "optional" }, "15", 0, 1],
  ["cosine_length", { max_tokens: 100 }, "15", -1, 1],
  ["cosine_length", { max_tokens: 100, form: "ms_swift" }, 15, -0.5, 1],
  ["detective_format", {}, "15", 0, 1],
  ["error_location", {}, 15, 0, 1],
  ["first_error", { compare: "contains" }, CHAIN, 0, 1],
  ["first_error", { split: "labelled", compare: "words", after: "zero" }, CHAIN, 0, 1],
  ["format_penalty", {}, "15", -1, 0],
  ["format_penalty", { answer: "boxed" }, "15", -1, 0],
  ["format_penalty", { answer: "tag_required", equal_counts: [["<image>", "</image>"]] }, "15", -1, 0],
  ["frame_spotlight", {}, { answer: "B", question: "at 01:30?", total_frames: 3000 }, 0, 1.52],
  ["gated_length", { gate: "" }, "15", -1, 0],
  ["gated_length", { gate: "so", unit: "words" }, "15", -1, 0],
  ["json_format", {}, "15", 0, 1],
  ["json_format", { keys: { rationale: "any" } }, "15", 0, 1],
  ["language", {}, "15", 0, 1],
  ["language", { scripts: ["Han"], within: "think", threshold: 0.5 }, "15", 0, 1],
  ["language_mix", {}, "15", 0, 1],
  ["length_target", {}, 500, Number.NEGATIVE_INFINITY, 0],
  ["length_target", { form: "max" }, 500, 0, 1],
  ["manipulation_grounding", {}, VIDEO, 0, 2],
  ["progress", {}, [20, 50, -10], 0, 1],
  ["rationale_consistency", {}, "15", 0, 1],
  ["rationale_consistency", { conclusion: "letter" }, "15", 0, 1],
  ["rationale_consistency", { conclusion: "phrase" }, "15", 0, 1],
  ["repetition", {}, "15", -1, 0],
  ["repetition", { n: 1, max_penalty: -0.5 }, "15", -0.5, 0],
  ["rouge", {}, "the red door opens", 0, 1],
  ["soft_overlong", { max_tokens: 100, cache: 20 }, "15", -1, 0],
  ["soft_overlong", { max_tokens: 100, cache: 20, form: "verl" }, "15", Number.NEGATIVE_INFINITY, 0],
  ["step_match", {}, CHAIN, 0, 1],
  ["step_match", { split: "sentences", compare: "words", order: "any", measure: "f1" }, CHAIN, 0, 1],
  ["step_match", { split: "numbered", compare: "number", order: "place", measure: "precision" }, CHAIN, 0, 1],
  ["step_match", { split: "tags", compare: "contains", measure: "recall" }, CHAIN, 0, 1],
  ["sub_goals", {}, ["red door", ["red key", "crimson key"], "a a a"], 0, 1],
  ["sub_goals", { order: "ordered", within: "think" }, ["red door", "so"], 0, 1],
  ["tag_format", {}, "15", 0, 1],
  ["tag_format", { tags: ["think", { repeat: ["tool_call", "think"] }, "answer"], ignore: ["tool_response"] }, "15", 0, 1],
  ["tag_format", { partial: true, outside: "any" }, "15", 0, 1],
  ["think_format", {}, "15", 0, 1],
  ["think_ratio", {}, "15", 0, 1],
  ["tool_success", {}, "15", 0, 1],
];

const GOOD = [
  "<think>3 + 7 = 10\n10 + 5 = 15</think>\n<answer>15</answer>",
  `<think>look</think>${CALL}<tool_response>image</tool_response><think>a red door</think><answer>\\boxed{15}</answer>`,
  "Step 1: 3 + 7 = 10. Step 2: 10 + 5 = 15. Step 3: so 15\n1. a\n2. b",
  "<think>at 01:30</think><action>get frame number at time 01:30</action>is: 2250<think>2200, 2400</think><action>choose frames between 2200 and 2400</action><think>B</think><action>output answer: B</action>",
  "FIND_SEGMENT(a) = [2, 5]\nFIND_FRAME(b) = [120]\nSPATIAL_ZOOM(c) = [10, 10, 50, 40]\nFINAL_ANSWER: B",
  "<score>00:00:05: 5, 00:00:10-00:00:20: 3</score><think>so</think><clip>00:01:00</clip><answer></answer>",
  "<action>look</action><observation>a red key</observation><answer>B</answer><score>20</score><score>-10</score>",
  '{"rationale": "so", "action": {"name": "go"}}',
  "<think>so (B)</think><answer>B <|begin_of_box|>15<|end_of_box|></answer>",
  "<think><step>3 + 7 = 10</step><step>so 15</step> The answer is red</think><answer>red</answer>",
  `${"中".repeat(60)}\n\n${"word ".repeat(220)}`,
];
const PIECES = [
  ...[
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<step>",
    "</step>",
  ],
  ...[
    "<action>",
    "</action>",
    "<observation>",
    "</observation>",
    "<score>",
    "</score>",
    "<clip>",
    "</clip>",
    "<|begin_of_box|>",
    "<|end_of_box|>",
  ],
  ...[
    "3 + 7 = 10",
    "so 15",
    "1. ",
    "Step 2: ",
    "\n",
    "\n\n",
    " ",
    ". ",
    "15",
    "-10",
    "1e999",
    "NaN",
    "٣",
    "00:00:05: 5",
    "FINAL_ANSWER: ",
    "\\boxed{",
  ],
  ...[
    "FIND_FRAME(x) = ",
    "SPATIAL_ZOOM(x) = [1,2,3,4]",
    "the red door",
    "中文",
    "\u{1d7db}",
    "\ud835",
    "\u0000",
    "[",
    "]",
    "{",
    '"',
    "=",
    ",",
    ":",
    "(B)",
  ],
];

/** Well-formed texts with pieces cut out, doubled, moved and put in, and texts of pieces alone. */
function* completions(seed: number, count: number): Generator<string> {
  const random = Random.of(seed, "fuzz rewards");
  const pick = (from: readonly string[]) => from[random.integer(0, from.length - 1)]!;
  for (let i = 0; i < count; i++) {
    let text = i % 3 === 0 ? "" : pick(GOOD);
    for (let edits = random.integer(i < GOOD.length ? 0 : 1, 12); edits > 0; edits--) {
      const [a, b] = [random.integer(0, text.length), random.integer(0, text.length)].sort((x, y) => x - y) as [number, number];
      const kind = random.integer(0, 3);
      if (kind === 0) text = text.slice(0, a) + text.slice(b);
      else if (kind === 1) text = text.slice(0, b) + text.slice(a);
      else text = text.slice(0, a) + pick(PIECES) + text.slice(a);
    }
    yield text.slice(0, 3000);
  }
}

const rewards = [...shaping, ...stepLevel];

function prepared(name: string, options: object) {
  const definition = rewards.find((reward) => reward.name === name)!;
  return { definition, field: "target", options: definition.options?.parse(options) ?? {} };
}

function finished(completion: string, target: unknown, tokens: number) {
  return { completion, exampleId: "a", fields: { target }, seed: 0, tokens, finish: "stop" as const };
}

test("every reward is fuzzed", () => {
  expect(rewards.map(({ name }) => name).filter((name) => !CASES.some(([known]) => known === name))).toEqual([]);
});

describe("thousands of mutated completions", () => {
  test.each(CASES)("%s with %j stays in its range", async (name, options, target, low, high) => {
    const reward = prepared(name, options);
    const values = new Set<number>();
    let tokens = 0;
    for (const completion of completions(7, 2000)) {
      tokens = (tokens + 17) % 300;
      const outcome = await ask(reward, finished(completion, target, tokens));
      const shown = JSON.stringify(completion);
      if (outcome.kind !== "score") throw new Error(`${shown}: ${JSON.stringify(outcome)}`);
      const inRange = outcome.score >= low && outcome.score <= high + 1e-12;
      if (!inRange) throw new Error(`${shown}: ${outcome.score}`);
      for (const step of outcome.steps ?? []) {
        const placed = 0 <= step.start && step.start < step.end + 1 && step.end <= completion.length && step.score >= 0 && step.score <= 1;
        if (!placed) throw new Error(`${shown}: ${JSON.stringify(step)}`);
      }
      values.add(outcome.score);
    }
    // a reward that says the same of everything was not exercised
    expect(values.size).toBeGreaterThan(1);
  });

  test("what is read for judges", () => {
    const random = Random.of(3, "verdicts");
    const labels = Array.from({ length: 40 }, () => random.integer(1, 5));
    for (const text of completions(11, 3000)) {
      const observations = parseObservations(text);
      const observed = observations.pairs.map(() => random.uniform() < 0.5);
      const judged = observationAndReasoning(observations, { correct: true, observed, sufficient: true }, ObservationOptions.parse({}))!;
      expect(judged.score >= 0 && judged.score <= 4).toBe(true);
      const verdicts = parseVerdicts(text, 2);
      if (verdicts !== null) expect(verdicts.every((one) => one >= 0 && one <= 1)).toBe(true);
      const places = [{ text: "", start: 0, end: 0 }];
      expect(processReward(places, [random.uniform()], ProcessOptions.parse({}))!.score).toBeLessThanOrEqual(1);
      const shown = Array.from({ length: 8 }, () => random.integer(0, 39));
      const round = { shown, scores: frameScores(parseRound(text).scores, shown, (frame) => 5 * (frame + 1)) };
      const rounds = [round, { shown: shown.map((frame) => (frame * 7) % 40), scores: round.scores }];
      const reward = detectiveReward({ format: true, outcome: 1, rounds, labels }, DetectiveOptions.parse({}));
      expect(reward >= 0 && reward <= 3.5).toBe(true);
    }
  });
});

test("groups: a number for every member, in range", () => {
  const random = Random.of(5, "groups");
  const texts = [...completions(13, 400)];
  for (let i = 0; i < 400; i++) {
    const size = random.integer(1, 9);
    const members = Array.from({ length: size }, () => texts[random.integer(0, texts.length - 1)]!);
    const calls = members.map(() => random.integer(0, 3));
    const within = (values: number[], low: number, high: number) => {
      expect(values).toHaveLength(size);
      expect(values.every((value) => value >= low && value <= high)).toBe(true);
    };
    within(diversity(members), 0, 1);
    within(answerRarity(members.map((text) => text.slice(0, 2) || null)), 0, 1);
    within(curiosity(calls, CuriosityOptions.parse({})), -0.1, 0.15);
    within(curiosity(calls, CuriosityOptions.parse({ form: "code" })), -0.1, (0.25 * 0.3 * size) / 2);
    const lengths = members.map((text) => text.length);
    within(
      groupLength(
        lengths,
        calls.map((n) => n > 1),
      ),
      -0.5,
      0.5,
    );
    within(lengthDeviation(lengths), -3, 3);
  }
});

const LONG = 300_000;
const fill = (piece: string) => piece.repeat(Math.ceil(LONG / piece.length)).slice(0, LONG);

// Each of these makes some careless pattern take quadratic time: 10^11 steps at this length, minutes. The limit leaves room for a busy machine.
test.each([
  ["spaces", fill(" ")],
  ["digits", fill("0")],
  ["signs", fill("+-")],
  ["one letter", fill("a")],
  ["words", fill("a ")],
  ["dots", fill(".")],
  ["sentences", fill("a. ")],
  ["lines", fill("\n")],
  ["steps", fill("Step 1: ")],
  ["numbers", fill("\n1. 3 + 7 = 10")],
  ["angle brackets", fill("<")],
  ["opened thoughts", fill("<think>")],
  ["thoughts", fill("<think></think>")],
  ["closed answers", fill("</answer>")],
  ["calls", fill(CALL)],
  ["responses that don't end", fill("<tool_response>")],
  ["brackets", fill("[")],
  ["times", fill("00:00:05-")],
  ["a step of spaces", `<think>x${fill(" ")}x</think><answer>15</answer>`],
  ["manipulations", fill("FIND_SEGMENT(a) = [1, 2, 3]\n")],
  ["one long manipulation", `FIND_FRAME(a) = [${fill("1,")}`],
  ["an action of words", `<think>a</think><action>${fill("go ")}</action>`],
  ["the answer is", fill("answer is ")],
  ["goals", `<think>${fill("red ")}</think>`],
  ["Chinese", fill("中")],
  ["halves of surrogate pairs", fill("\ud835")],
])(
  "300 kB of %s are scored in linear time",
  async (_, completion) => {
    for (const [name, options, target, low, high] of CASES) {
      const started = performance.now();
      const outcome = await ask(prepared(name, options), finished(completion, target, 250));
      expect(performance.now() - started, `${name} ${JSON.stringify(options)}`).toBeLessThan(5000);
      expect(outcome.kind, name).toBe("score");
      if (outcome.kind === "score") expect(outcome.score >= low && outcome.score <= high + 1e-12, name).toBe(true);
    }
  },
  60_000,
);
