import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { FUZZ_TIMEOUT_MS, fuzzRounds } from "../../tests/fuzz.ts";
import { samples } from "../../tests/perception-samples.ts";
import { ask } from "../ask.ts";
import type { RewardDefinition } from "../define.ts";
import { rewards } from "../index.ts";

const PIECES = [
  ..."0123456789.,-+()[]{}<>\"':/ \n=eE",
  "NaN",
  "Infinity",
  "-0",
  "1e999",
  "9".repeat(30),
  "null",
  "true",
  "[[",
  "]]",
  "{}",
  "```json\n",
  "```",
  "\u0000",
  "\ud835",
  "٣",
  "<think>",
  "</think>",
  "<answer>",
  "</answer>",
  "<box>",
  "</box>",
  "<output>",
  "</output>",
  '"bbox_2d":',
  '"label":"a"',
  "[0,0,1000,1000]",
  "<tool_call>",
  "</tool_call>",
  "<tool_response>",
  "</tool_response>",
  "<polygon>",
  "</polygon>",
  "FIND_FRAME(a) = [1]",
  "00:10",
  "<action_1>",
];

function mutated(text: string, random: Random): string {
  let out = text;
  for (let i = random.integer(1, 6); i > 0; i--) {
    const at = random.integer(0, out.length);
    const to = Math.min(out.length, at + random.integer(0, 12));
    const piece = PIECES[random.integer(0, PIECES.length - 1)]!;
    out = [
      out.slice(0, at) + piece + out.slice(to),
      out.slice(0, at) + out.slice(to),
      out.slice(at) + out.slice(0, at),
      out + out.slice(at, to),
    ][random.integer(0, 3)]!;
  }
  return out;
}

function noise(random: Random): string {
  return Array.from({ length: random.integer(0, 60) }, () => PIECES[random.integer(0, PIECES.length - 1)]!).join("");
}

async function outcome(name: string, completion: string) {
  const definition = rewards.get(name);
  const { target, options, fields } = samples[name]!;
  const given = { ...fields, image: { width: 640, height: 480 }, [definition.field]: target };
  const prepared = { definition, field: definition.field, options: definition.options?.parse(options ?? {}) ?? {} };
  return ask(prepared, { completion, exampleId: "a", fields: given, seed: 0, tokens: completion.length, finish: "stop" });
}

const names = Object.keys(samples);

test("every reward of this folder is in the table and has a sample", async () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const modules: Record<string, unknown>[] = await Promise.all(files.map((file) => import(join(import.meta.dirname, file))));
  const defined = modules.flatMap((module) => Object.values(module)).filter(isReward);
  expect(names.toSorted()).toEqual(defined.map(({ name }) => name).toSorted());
  for (const reward of defined) expect(rewards.get(reward.name)).toBe(reward);
});

function isReward(value: unknown): value is RewardDefinition {
  return typeof value === "object" && value !== null && "score" in value && "target" in value && "field" in value;
}

test.each(names)("%s: what is right is worth the most of its range", async (name) => {
  const { good, best } = samples[name]!;
  expect(await outcome(name, good)).toMatchObject({ kind: "score", score: expect.closeTo(best, 9) });
});

test.each(names)(
  "%s: whatever is written is a finite score within its range",
  async (name) => {
    const { good, range, rounds } = samples[name]!;
    const random = Random.of(9, name);
    for (let i = 0; i < fuzzRounds(rounds ?? 2000); i++) {
      const completion = random.uniform() < 0.7 ? mutated(good, random) : noise(random);
      const found = await outcome(name, completion);
      if (found.kind !== "score") throw new Error(`${JSON.stringify(completion)}: ${JSON.stringify(found)}`);
      const inRange = found.score >= range[0] - 1e-12 && found.score <= range[1] + 1e-12;
      if (!inRange) throw new Error(`${JSON.stringify(completion)}: ${found.score}`);
    }
  },
  FUZZ_TIMEOUT_MS,
);

const CHARACTERS = 400_000;
const fill = (piece: string) => piece.repeat(Math.ceil(CHARACTERS / piece.length));

test.each(names)("%s: 400,000 characters of anything are scored in linear time", async (name) => {
  const { good, hostile = [] } = samples[name]!;
  for (const piece of ["<box>", "[1,1,1,", "(1,1)", "{", "<think></think>", "<answer>", " ", "7", `${good} `, ...hostile]) {
    const started = performance.now();
    const found = await outcome(name, fill(piece));
    expect(found.kind, piece).toBe("score");
    expect(performance.now() - started, `${name} on ${piece.slice(0, 20)}`).toBeLessThan(4000);
  }
});
