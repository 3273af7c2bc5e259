import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeTerminal } from "../../tests/fake-terminal.ts";
import { ROOT } from "../../tests/sources.ts";
import { rewardNew } from "./reward-new.ts";
import { namedRewards, openScorer } from "./reward-open.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-new-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("what is written loads as a reward, and its test passes", async () => {
  const terminal = fakeTerminal();
  expect(await rewardNew("near_miss", { out: folder }, terminal)).toBe(0);
  expect(await rewardNew("class", { out: folder }, terminal)).toBe(0);
  expect((await readdir(folder)).sort()).toEqual(["class.test.ts", "class.ts", "near-miss.test.ts", "near-miss.ts"]);
  const scorer = await openScorer(await namedRewards(join(folder, "near-miss.ts")));
  expect(scorer.names).toEqual(["near_miss"]);
  const example = { id: "a", fields: { answer: "15" } };
  expect((await scorer.score({ example, completion: "<answer>15</answer>", tokens: 1, finish: "stop" })).reward).toBe(1);
  await scorer.close();

  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const config = `export default { resolve: { alias: { vlrl: ${JSON.stringify(join(ROOT, "index.ts"))} } } };\n`;
  await writeFile(join(folder, "vitest.config.mjs"), config);
  // a run of its own: nothing of this one's may be inherited
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")));
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, "run", "--root", folder], { cwd: folder, env });
  expect(stdout).toMatch(/16 passed/);
});

test("nothing is written over, and names are names", async () => {
  await writeFile(join(folder, "mine.test.ts"), "// mine\n");
  await expect(rewardNew("mine", { out: folder }, fakeTerminal())).rejects.toThrow("mine.test.ts: is there already");
  expect(await readdir(folder)).not.toContain("mine.ts");
  expect(await readFile(join(folder, "mine.test.ts"), "utf8")).toBe("// mine\n");
  for (const name of ["../up", "Near", "7up", "a--b", ""]) {
    await expect(rewardNew(name, { out: folder }, fakeTerminal())).rejects.toThrow("is no name for a reward");
  }
  await expect(rewardNew("box-iou", { out: folder }, fakeTerminal())).rejects.toThrow("is a reward of this package already");
});
