import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { FUZZ_TIMEOUT_MS, fuzzRounds } from "../../tests/fuzz.ts";
import { askAll } from "../ask.ts";
import type { JudgeQuestion } from "../judges/define.ts";
import { judged } from "./index.ts";

interface Case {
  name: string;
  options: object;
  /** what the judge says in a good case */
  says: string;
  /** what the policy writes in a good case; the same unless given */
  writes?: string;
}

const PAIR = "<action>look</action><observation>7</observation>";

const CASES: Case[] = [
  { name: "judge_binary", options: { votes: 1 }, says: "It is.\nVERDICT: yes" },
  { name: "judge_graded", options: {}, says: "So so.\nSCORE: 7.5/10" },
  { name: "judge_observations", options: {}, says: "So it is.\nVERDICT: yes", writes: PAIR },
  { name: "judge_pairwise", options: { opponents: 2 }, says: "Both.\nBETTER: first" },
  { name: "judge_region", options: {}, says: "It reads 7.\nANSWER: 7", writes: "<zoom>[0, 0, 4, 4]</zoom>" },
  { name: "judge_relative", options: {}, says: "So so.\nSCORE: 7.5", writes: "<answer>7</answer>" },
  { name: "judge_rubric", options: { criteria: [{ ask: "short", weight: 3 }, { ask: "polite" }] }, says: "1: yes\n2: no" },
  { name: "judge_sufficiency", options: {}, says: "ANSWER: 7\nVERDICT: yes", writes: PAIR },
];

const FIELDS = {
  ...{ answer: "7", question: "3 + 4?", caption: "A 7 on paper." },
  image: { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) },
};

const PIECES = [
  ..."0123456789.:/*_-\n \t{}[]",
  ..."VERDICT: |SCORE: |BETTER: |yes|no|first|second|neither|**|1: |2: |{target}|{completion}|{question}|1e999|-0|NaN|９|\ud835|字|[end of response ".split(
    "|",
  ),
];

function mutated(text: string, random: Random): string {
  let out = random.integer(0, 9) === 0 ? "" : text;
  for (let edits = random.integer(0, 6); edits > 0; edits--) {
    const at = random.integer(0, out.length);
    const piece = PIECES[random.integer(0, PIECES.length - 1)]!.repeat(random.integer(0, 19) === 0 ? 50 : 1);
    out = out.slice(0, at) + (random.integer(0, 2) === 0 ? "" : piece) + out.slice(at + random.integer(0, 3));
  }
  return out;
}

test("every judged reward is tried", () => {
  expect(CASES.map(({ name }) => name)).toEqual(judged.map(({ name }) => name));
});

test.each(CASES)(
  "$name: whatever is written and said, there is a score in [0, 1] or a failure that quotes the judge",
  async ({ name, options, says, writes = says }) => {
    const definition = judged.find((one) => one.name === name)!;
    const checked = definition.options!.parse({ judge: "j", ...options });
    const random = Random.of(21, name);
    let [scores, failures] = [0, 0];
    for (let i = 0; i < fuzzRounds(1000); i++) {
      const said = mutated(says, random);
      const ask = async (_: JudgeQuestion) => ({ kind: "answer" as const, text: said });
      const judges = { get: () => ({ identity: {}, ask }) };
      const members = Array.from({ length: definition.scope === "group" ? 3 : 1 }, () => ({
        ...{ completion: mutated(writes, random), exampleId: "a", fields: FIELDS },
        ...{ seed: i, tokens: 1, finish: "stop" as const },
      }));
      try {
        for (const outcome of await askAll({ definition, field: definition.field, options: checked, judges }, members)) {
          const fine = outcome.kind === "score" ? outcome.score >= 0 && outcome.score <= 1 : outcome.kind === "error";
          if (!fine) throw new Error(`${JSON.stringify(said)}: ${JSON.stringify(outcome)}`);
          if (outcome.kind === "score") scores++;
          else failures++;
        }
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes("can't be read")) throw error;
        failures++;
      }
    }
    expect(scores).toBeGreaterThan(0);
    expect(failures).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);
