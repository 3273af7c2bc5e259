import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { createScorer } from "../compose.ts";
import { RewardSpec } from "../options.ts";

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

test("the page's test passes", { timeout: 60_000 }, async () => {
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const config = `export default { resolve: { alias: { vlrl: ${JSON.stringify(join(root, "index.ts"))} } } };\n`;
  await writeFile(join(folder, "vitest.config.mjs"), config);
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  // A run of its own: nothing of this one's may be inherited.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, "run", "--root", folder], { cwd: folder, env });
  expect(stdout).toMatch(/5 passed/);
});
