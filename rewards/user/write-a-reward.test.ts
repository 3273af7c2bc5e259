import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { formula } from "../algebra/formula.ts";
import { createScorer } from "../compose.ts";
import { RewardSpec } from "../options.ts";
import { episode } from "../turns.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
let blocks: { language: string; text: string }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-docs-"));
  const page = await readFile(join(root, "docs/write-a-reward.md"), "utf8");
  blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({ language, text }));
  for (const { language, text } of blocks) {
    const name = /^\/\/ (\S+)\n/.exec(text)?.[1];
    if (language === "ts" && name !== undefined) await writeFile(join(folder, name), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

test("the page opens with a command", () => {
  expect(blocks[0]).toEqual({ language: "sh", text: "vlrl train recipe.yaml\n" });
});

test("the page's reward works from the page's recipe", { timeout: 60_000 }, async () => {
  const recipe = parse(blocks.find(({ language }) => language === "yaml")!.text);
  const scorer = await createScorer(z.array(RewardSpec).parse(recipe.rewards), { folder, seed: 0 });
  expect(scorer.names).toEqual(["answer", "near_miss"]);
  const example = { id: "a", fields: { answer: "15" } };
  // 0 for the answer, and half of 1/3 for two off
  const { reward } = await scorer.score({ example, completion: "<answer>13</answer>", tokens: 1, finish: "stop" });
  expect(reward).toBeCloseTo(1 / 6, 12);
  expect(await scorer.check({ id: "a", fields: { answer: "fifteen" } })).toEqual([
    'reward "near_miss" needs answer: expected a whole number',
  ]);
  await scorer.close();
});

test("the page's rewards of groups, turns, pictures and logprobs work, and add up as the page says", { timeout: 60_000 }, async () => {
  const recipe = parse(blocks.filter(({ language }) => language === "yaml")[1]!.text);
  const specs = z.array(RewardSpec).parse(recipe.rewards);
  const [shown] = blocks.filter(({ language }) => language === "text").map(({ text }) => text);
  expect(`${formula(specs)}\n`).toBe(shown);

  const scorer = await createScorer(specs, { folder, seed: 0 });
  expect(scorer.names).toEqual(["answer", "near_miss", "rare_answer", "brief", "confident"]);
  const image = { width: 1, height: 1, data: Uint8Array.of(0, 0, 9) };
  const long = `<answer>15</answer>${" word".repeat(41)}`;
  const requests = ["<answer>15</answer>", "<answer>13</answer>", "", long].map((completion) => ({
    example: { id: "a", fields: { answer: "15", image } },
    completion,
    tokens: 2,
    finish: "stop" as const,
    logprobs: Float32Array.of(0, Math.log(0.5)),
    turns: [{ role: "policy" as const, start: 0, end: completion.length, firstToken: 0, endToken: 2 }],
  }));
  const early = await Promise.all(requests.map((request) => scorer.score(request)));
  const scored = await scorer.scoreGroup!(requests, early);
  // 1 + 0.1 * 2 / 4; half of 1/3, and no bonus without the answer; nothing right; 42 words in a turn
  const expected = [1.05, 1 / 6, 0, 0];
  for (const [i, { reward, outcome }] of scored.entries()) {
    expect(reward).toBeCloseTo(expected[i]!, 12);
    expect(outcome).toBe([1, 0, 0, 1][i]);
  }
  expect(scored[0]!.parts[4]!.outcome).toMatchObject({ kind: "score", score: expect.closeTo(0.75, 6) });
  await scorer.close();
});

test("the page's reward of tools sees them in its thread", { timeout: 60_000 }, async () => {
  const scorer = await createScorer([RewardSpec.parse({ file: "looked-closely.ts" })], { folder, seed: 0 });
  const trajectory = episode([
    { role: "policy", text: '<tool_call>{"name": "zoom", "arguments": {}}</tool_call>' },
    { role: "observation", text: "here it is", log: { area: 0.25 } },
  ]);
  expect((await scorer.score({ example: { id: "a", fields: {} }, finish: "stop", ...trajectory })).reward).toBe(1);
  await scorer.close();
});

test("the page's tests pass", { timeout: 60_000 }, async () => {
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const config = `export default { resolve: { alias: { vlrl: ${JSON.stringify(join(root, "index.ts"))} } } };\n`;
  await writeFile(join(folder, "vitest.config.mjs"), config);
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  // A run of its own: nothing of this one's may be inherited.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, "run", "--root", folder], { cwd: folder, env });
  expect(stdout).toMatch(/7 passed/);
});
