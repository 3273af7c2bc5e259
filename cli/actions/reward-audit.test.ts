import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AuditReport } from "../../rewards/audit/audit.ts";
import { fakeTerminal } from "../../tests/fake-terminal.ts";
import { ROOT } from "../../tests/sources.ts";
import { rewardAudit } from "./reward-audit.ts";

const OPTIONS = { rows: 6, responseField: [], set: [] };
let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-audit-"));
  data = join(folder, "rows.jsonl");
  const rows = [31, 42, 57, 68].map((sum) =>
    JSON.stringify({ id: `sum-${sum}`, question: `What is ${sum - 20} + 20?`, answer: String(sum) }),
  );
  await writeFile(data, `${rows.join("\n")}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function recipe(name: string, rewards: string): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, `rewards: ${rewards}\n`);
  return file;
}

test("a file of rewards with rows of its own passes, exit 0", async () => {
  const terminal = fakeTerminal({ width: () => 160 });
  const file = await recipe("good", "[{ name: answer }, { name: format, weight: 0.25 }]");
  expect(await rewardAudit(file, { ...OPTIONS, data }, terminal)).toBe(0);
  expect(terminal.printed).toContain("Passed: no policy");
  expect(terminal.printed).toContain("Pays for form alone, as it is meant to: format.");
  expect(terminal.printed).toMatch(/honest +1\.250 +100 % +4 +writes the row's own target/);
  expect(terminal.printed).toContain("The honest one writes: think, answer: answer.");
});

test("a bad one fails with the policy, the row, the completion's head and the parts, exit 3", async () => {
  const terminal = fakeTerminal({ width: () => 160 });
  const file = await recipe("bad", "[{ name: answer }, { name: format, weight: 2 }]");
  expect(await rewardAudit(file, { ...OPTIONS, data }, terminal)).toBe(3);
  expect(terminal.printed).toMatch(
    /form_alone is paid 67 % of what the honest policy gets, more than 50 %, for example on sum-\d+:\n {2}"<think>.*\n {2}answer 0 · format 1/,
  );
  // and passes where that is allowed
  expect(await rewardAudit(file, { ...OPTIONS, data, limit: 0.7 }, fakeTerminal())).toBe(0);
});

test("form alone says so; --json", async () => {
  const terminal = fakeTerminal();
  expect(await rewardAudit(await recipe("form", "[{ name: format }]"), { ...OPTIONS, data, json: true }, terminal)).toBe(0);
  expect((JSON.parse(terminal.printed) as AuditReport).verdict).toBe("form");
});

test("the quickstart's own rows and rewards pass", async () => {
  const terminal = fakeTerminal();
  expect(await rewardAudit(join(ROOT, "configs/quickstart.yaml"), { ...OPTIONS, json: true }, terminal)).toBe(0);
  const report = JSON.parse(terminal.printed) as AuditReport;
  expect(report).toMatchObject({ verdict: "passed", rows: 6, flat: 0 });
  expect(report.honest.ways).toContain("as in trace");
});

test("what docs/write-a-reward.md says of its example", { timeout: 60_000 }, async () => {
  const page = await readFile(join(ROOT, "docs/write-a-reward.md"), "utf8");
  const code = /^```ts\n(\/\/ mentions\.ts\n.*?)^```$/ms.exec(page)![1]!;
  const shown = /^```text\n(hedged .*?)^```$/ms.exec(page)![1]!;
  await writeFile(join(folder, "mentions.ts"), code);
  const terminal = fakeTerminal();
  const file = await recipe("mentions", "[{ name: format, weight: 0.25 }, { file: ./mentions.ts }]");
  expect(await rewardAudit(file, { ...OPTIONS, data }, terminal)).toBe(3);
  expect(terminal.printed).toContain(shown);
  expect(terminal.printed).toContain("Failed: 5 findings.");
});

test("mistakes of the reader", async () => {
  const file = await recipe("alone", "[{ name: answer }]");
  await expect(rewardAudit(file, OPTIONS, fakeTerminal())).rejects.toThrow(
    "has no data.train\n  Say which rows to take: --data <file.jsonl>.",
  );
  const boxes = await recipe("boxes", "[{ name: box_overlap }]");
  await expect(rewardAudit(boxes, { ...OPTIONS, data }, fakeTerminal())).rejects.toThrow('sum-31: reward "box_overlap" needs box');
  await expect(rewardAudit("answer", OPTIONS, fakeTerminal())).rejects.toThrow("answer: has no data.train");
  await expect(rewardAudit(file, { ...OPTIONS, data: join(folder, "none.jsonl") }, fakeTerminal())).rejects.toThrow("no such file");
});

test("the rewards of each stage are audited too, or those of one", async () => {
  const file = join(folder, "staged.yaml");
  await writeFile(
    file,
    "rewards: [{ name: answer }]\nstages: [{ name: rl, kind: grpo, steps: 1, rewards: [{ name: answer }, { name: format, weight: 2 }] }]\n",
  );
  const both = fakeTerminal();
  expect(await rewardAudit(file, { ...OPTIONS, data, json: true }, both)).toBe(3);
  const reports = both.printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as AuditReport & { stage?: string });
  expect(reports.map(({ stage, verdict }) => [stage, verdict])).toEqual([
    [undefined, "passed"],
    ["rl", "failed"],
  ]);
  const one = fakeTerminal({ width: () => 160 });
  expect(await rewardAudit(file, { ...OPTIONS, data, stage: "rl", set: ["stages.rl.rewards.1.weight=0.25"] }, one)).toBe(0);
  expect(one.printed).toContain("rewards of stage rl\n");
});
