import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeTerminal } from "../../tests/fake-terminal.ts";
import { ROOT } from "../../tests/sources.ts";
import { rewardTest } from "./reward-test.ts";

const OPTIONS = { set: [] };
let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-test-"));
  data = join(folder, "rows.jsonl");
  const rows = [
    { id: "right", completion: "<answer>7</answer>", target: "7" },
    { id: "wrong", completion: "<answer>8</answer>", target: "7" },
    { id: "breaks", completion: "boom", target: "7" },
    { id: "open", completion: "<answer>7</answer>", target: "none" },
  ];
  await writeFile(data, `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CODE = (right: number) => `import { defineReward, lastTag, z } from "vlrl";
export default defineReward({
  name: "mine",
  target: z.string(),
  field: "answer",
  score({ completion, target }) {
    if (completion === "boom") throw new Error("it broke");
    if (target === "none") return null;
    return lastTag(completion, "answer") === target ? ${right} : 0;
  },
});
`;

async function rewardFile(name: string, right = 1): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, CODE(right));
  return file;
}

test("a reward file: table, histogram, and what failed", async () => {
  const terminal = fakeTerminal({ width: () => 140 });
  expect(await rewardTest(await rewardFile("mine.ts"), data, OPTIONS, terminal)).toBe(0);
  const lines = terminal.printed.split("\n");
  expect(lines[0]).toBe("4 completions");
  // of two scores, one right: mean 1/2, standard deviation sqrt(1/2)
  expect(lines.find((line) => line.startsWith("mine"))).toMatch(/^mine +0\.500 +0\.707 +0 +1\.000 +2 +1 +1 +0 /);
  expect(terminal.printed).toMatch(/0 to 0\.100 +━+ 1\n/);
  expect(terminal.printed).toMatch(/ {2}breaks: mine error: .*mine.ts:7: Error: it broke/);
  expect(terminal.printed).toContain('    "boom"');
  expect(terminal.printed).toContain("  open: mine not applicable");
});

test("a reward of the package by name, and a recipe; --json, --limit", async () => {
  const terminal = fakeTerminal();
  expect(await rewardTest("answer", data, { ...OPTIONS, json: true, limit: 2 }, terminal)).toBe(0);
  const { rows, stats, histogram } = JSON.parse(terminal.printed);
  expect(rows).toBe(2);
  expect(stats.map(({ name, mean }: { name: string; mean: number }) => [name, mean])).toEqual([
    ["reward", 0.5],
    ["answer", 0.5],
  ]);
  expect(histogram.map(({ count }: { count: number }) => count)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  const recipe = join(folder, "r.yaml");
  await writeFile(recipe, "rewards: [{ name: answer, weight: 2 }, { name: format }]\n");
  const composed = fakeTerminal();
  await rewardTest(recipe, data, { ...OPTIONS, json: true, set: ["rewards.0.weight=4"] }, composed);
  // 4 for each of two right answers out of four
  expect(JSON.parse(composed.printed).stats[0]).toMatchObject({ name: "reward", mean: 1, max: 4 });
});

test("a row may hold turns in place of a completion, or beside the one that they make up", async () => {
  const rows = join(folder, "turns.jsonl");
  const turns = [
    { role: "policy", text: "<tool_call>{}</tool_call>" },
    { role: "observation", text: "picture", log: { success: true } },
  ];
  const completion = "<tool_call>{}</tool_call>picture";
  const own = { completion: "<tool_call>{}</tool_call>", turns };
  await writeFile(rows, [{ turns }, { completion, turns }, { completion }, own].map((row) => JSON.stringify(row)).join("\n"));
  const terminal = fakeTerminal();
  expect(await rewardTest("tool_success", rows, { ...OPTIONS, json: true }, terminal)).toBe(0);
  // one answered call of two in the first two rows; nobody answered in the third, nor in the last, whose turns are a field of its own
  const { rows: count, stats } = JSON.parse(terminal.printed);
  expect([count, stats[0].mean]).toEqual([4, 0.25]);
});

test("rows of a Parquet file", async () => {
  const terminal = fakeTerminal();
  const sums = join(ROOT, "tests/fixtures/parquet/sums.parquet");
  expect(await rewardTest("answer", sums, { ...OPTIONS, json: true, limit: 2 }, terminal)).toBe(0);
  // 15 for 15, and 15 for 17
  expect(JSON.parse(terminal.printed).stats[0]).toMatchObject({ name: "reward", mean: 0.5 });
});

test("mistakes of the reader", async () => {
  await expect(rewardTest("anwser", data, OPTIONS, fakeTerminal())).rejects.toThrow('Did you mean "answer"?');
  await expect(rewardTest("soft_overlong", data, OPTIONS, fakeTerminal())).rejects.toThrow("options.max_tokens");
  const bare = join(folder, "bare.jsonl");
  await writeFile(bare, '{"answer": "7"}\n');
  await expect(rewardTest("answer", bare, OPTIONS, fakeTerminal())).rejects.toThrow("bare.jsonl:1: has no completion");
});

test("--watch runs again when the file changes, and goes on when it does not load", async () => {
  const file = await rewardFile("watched.ts");
  const terminal = fakeTerminal();
  const stop = new AbortController();
  const running = rewardTest(file, data, { ...OPTIONS, json: true, watch: true }, terminal, stop.signal);
  const until = async (found: () => boolean) => {
    for (let i = 0; i < 400 && !found(); i++) await sleep(25);
    expect(found()).toBe(true);
  };
  const means = () =>
    terminal.printed
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line).stats[0].mean);
  await until(() => terminal.said.includes("Watching watched.ts"));
  expect(means()).toEqual([0.5]);
  await writeFile(file, "export default 7 7;\n");
  await until(() => terminal.said.includes("SyntaxError"));
  await writeFile(file, CODE(3));
  await until(() => means().length >= 2);
  expect(means().at(-1)).toBe(1.5);
  stop.abort();
  expect(await running).toBe(0);
});
