import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Terminal } from "../terminal/terminal.ts";
import { explainCommand } from "./explain.ts";

let folder: string;
let recipe: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-explain-"));
  recipe = join(folder, "r.yaml");
  await writeFile(
    recipe,
    `model: { preset: tiny }
data: { train: { name: digit_sum }, eval: null }
rewards: [{ name: answer }]
stages:
  - { name: warm, kind: sft, steps: 5 }
  - { name: rl, kind: grpo, steps: 5, compat: verl, clip_high: 0.3 }
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function printed(options: { set: string[]; json?: boolean }): Promise<string> {
  let out = "";
  const terminal = { out: (text: string) => (out += text) } as unknown as Terminal;
  expect(await explainCommand(recipe, options, terminal)).toBe(0);
  return out;
}

test("a formula with its numbers for each stage", async () => {
  const text = await printed({ set: [] });
  expect(text).toContain("warm (sft)\n  minimises  the mean over the response tokens of the batch of -lp\n");
  expect(text).toContain("  l          -min(min(r, 3) A, clip(r, 0.8, 1.3) A), r = exp(lp - old)   [grpo: ");
  expect(text).toContain("  w          1 / tokens of the update   [token_mean]\n");
});

test("of a changed recipe, as JSON", async () => {
  const [, rl] = JSON.parse(await printed({ set: ["stages.rl.clip_high=0.2", "stages.rl.kl_coef=0.5"], json: true }));
  expect(rl).toMatchObject({ stage: "rl", kind: "grpo" });
  expect(rl.lines[0]).toEqual(["minimises", "sum of w l + 0.5 sum of v KL, over the tokens of each update"]);
});

test("and what it is scored by: the recipe's rewards, or its own", async () => {
  const set = ["rewards=[{ name: answer, weight: 2 }, { name: format, gate: true }]"];
  expect(await printed({ set })).toContain("  reward     2 * answer + format\n             0 unless format > 0\n");
  expect(await printed({ set: [...set, "stages.rl.rewards=[{ name: boxes }]"] })).toContain("  reward     boxes\n");
  expect((await printed({ set: [] })).split("rl (grpo)")[0]).not.toContain("reward");
});
