import { expect, test } from "vitest";
import { createScorer } from "../compose.ts";
import type { AnyReward, RewardExample } from "../define.ts";
import { rewards } from "../index.ts";
import { RewardSpec } from "../options.ts";
import { fieldsOf } from "../workbench/example.ts";
import { audit } from "./audit.ts";
import { exampleWays, rewritten } from "./examples.ts";
import { judge } from "./judge.ts";
import { Player } from "./play.ts";

test.each([
  ["<think>7 + 8 = 15</think><answer>15</answer>", "15", "31", "<think>7 + 8 = 31</think><answer>31</answer>"],
  ["<answer>15</answer>", "15", 31, "<answer>31</answer>"],
  ["<box>0,0,10,10</box>", [0, 0, 10, 10], [1, 2, 5, 7], "<box>1,2,5,7</box>"], // equal leaves take their turns
  ["a 10 100", 10, 5, "a 5 100"], // whole numbers alone
  ["B at 2", { answer: "B", at: [2] }, { answer: "C", at: [7] }, "C at 7"],
  ["B at 2", { answer: "B", at: [2] }, { answer: "C", at: [7, 8] }, null],
  ["B at 2", { answer: "B", at: [2] }, { answer: "C" }, null],
  ["B", "B", ["C"], null],
  ["B", "B", undefined, null],
])("%j: %j to %j", (text, from, to, expected) => {
  expect(rewritten(text, from, to)).toBe(expected);
});

async function open(reward: AnyReward, { options, judge: said }: RewardExample) {
  const spec = RewardSpec.parse({ name: reward.name, ...(options === undefined ? {} : { options }) });
  const rule = { kind: "rule" as const, rules: [{ pattern: "", answer: said ?? "" }], otherwise: null };
  return { spec, scorer: await createScorer([spec], { folder: ".", seed: 0, judges: { teacher: rule } }) };
}

const texts = rewards.entries.flatMap((reward) => {
  const plain = (reward.examples ?? []).filter(
    ({ completion, target, tokens }) => typeof completion === "string" && target !== undefined && tokens === undefined,
  );
  const [best] = plain.filter(({ siblings, score }) => siblings === undefined && score !== null).sort((a, b) => b.score! - a.score!);
  return best === undefined ? [] : [[reward.name, reward, best] as const];
});

test("most rewards that read a target have an example that is a text", () => expect(texts.length).toBeGreaterThan(50));

test.each(texts)("an audit of %s finds an honest answer as good as its best example", async (_, reward, example) => {
  const { spec, scorer } = await open(reward, example);
  const row = { id: "row", fields: fieldsOf(reward, example) };
  const ways = exampleWays([spec]);
  const player = new Player(scorer);
  const [judged] = await judge(player, ways, { chosen: [row], rows: [row], probed: 1 });
  await scorer.close();
  expect(player.failures.filter(({ policy }) => policy === "honest")).toEqual([]);
  expect(judged!.honest).toBeGreaterThanOrEqual(example.score! - 1e-9);
});

test("a target that no usual form writes is written as in the example, for other rows too", async () => {
  const reward = rewards.get("vla_task");
  const { spec, scorer } = await open(reward, { completion: "", score: 0 });
  const box = (x: number) => ({ x, y: 0.5, width: 0.25, height: 0.25 });
  const rows = [0.25, 0.375, 0.75].map((x) => ({ id: `row-${x}`, fields: { output: box(x) } }));
  const report = await audit(scorer, [spec], rows, { limit: 1, responses: [] });
  await scorer.close();
  expect(report.honest.reward).toBeCloseTo(1, 12);
  expect(report.honest.ways).toEqual(["as an example of vla_task"]);
});
