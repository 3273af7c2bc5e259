import { describe, expect, test } from "vitest";
import { Random } from "../core/random.ts";
import { ask } from "../rewards/ask.ts";
import { CuriosityOptions, curiosity } from "../rewards/shaping/curiosity.ts";
import { answerRarity, diversity } from "../rewards/shaping/diversity.ts";
import { groupLength, lengthDeviation } from "../rewards/shaping/group-length.ts";
import { DetectiveOptions, detectiveReward } from "../rewards/step-level/detective.ts";
import { frameScores, parseRound } from "../rewards/step-level/detective-round.ts";
import { ObservationOptions, observationAndReasoning } from "../rewards/step-level/observation-and-reasoning.ts";
import { parseObservations } from "../rewards/step-level/observations.ts";
import { ProcessOptions, parseVerdicts, processReward } from "../rewards/step-level/process-reward.ts";
import { FUZZ_TIMEOUT_MS, fuzzRounds } from "./fuzz.ts";
import { CALL, CASES, completions, finished, prepared, rewards } from "./reward-cases.ts";

test("every reward is fuzzed", () => {
  expect(rewards.map(({ name }) => name).filter((name) => !CASES.some(([known]) => known === name))).toEqual([]);
});

describe("thousands of mutated completions", () => {
  test.each(CASES)(
    "%s with %j stays in its range",
    async (name, options, target, low, high) => {
      const reward = prepared(name, options);
      const values = new Set<number>();
      let tokens = 0;
      for (const completion of completions(7, fuzzRounds(2000))) {
        tokens = (tokens + 17) % 300;
        const outcome = await ask(reward, finished(completion, target, tokens));
        const shown = JSON.stringify(completion);
        if (outcome.kind !== "score") throw new Error(`${shown}: ${JSON.stringify(outcome)}`);
        const inRange = outcome.score >= low && outcome.score <= high + 1e-12;
        if (!inRange) throw new Error(`${shown}: ${outcome.score}`);
        for (const step of outcome.steps ?? []) {
          const placed =
            0 <= step.start && step.start < step.end + 1 && step.end <= completion.length && step.score >= 0 && step.score <= 1;
          if (!placed) throw new Error(`${shown}: ${JSON.stringify(step)}`);
        }
        values.add(outcome.score);
      }
      // a reward that says the same of everything was not exercised
      // a group of one has nobody to be unlike
      if (reward.definition.scope !== "group") expect(values.size).toBeGreaterThan(1);
    },
    FUZZ_TIMEOUT_MS,
  );

  test("what is read for judges", { timeout: FUZZ_TIMEOUT_MS ?? 60_000 }, () => {
    const random = Random.of(3, "verdicts");
    const labels = Array.from({ length: 40 }, () => random.integer(1, 5));
    for (const text of completions(11, fuzzRounds(3000))) {
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

test("groups: a number for every member, in range", { timeout: FUZZ_TIMEOUT_MS ?? 60_000 }, () => {
  const random = Random.of(5, "groups");
  const rounds = fuzzRounds(400);
  const texts = [...completions(13, rounds)];
  for (let i = 0; i < rounds; i++) {
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
  120_000,
);
