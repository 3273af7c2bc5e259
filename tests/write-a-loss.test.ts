import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registry } from "../core/registry.ts";
import { clippedLosses } from "../trainers/losses/clipped.ts";
import { LossFields } from "../trainers/losses/options.ts";
import { type PolicyLoss, withTerms } from "../trainers/losses/policy.ts";
import { ROOT, read } from "./sources.ts";
import { TableEngine } from "./table-engine.ts";

/** The code blocks of docs/write-a-loss.md, in order: the file, and the line. */
const [file, line] = [...read("docs/write-a-loss.md").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);

let folder: string;
let squared: PolicyLoss;
beforeAll(async () => {
  folder = await mkdtemp(join(ROOT, "node_modules", ".vlrl-loss-"));
  const path = file!.split("\n")[0]!.replace("// ", "");
  // as the page has it, but for where it lies
  const moved = file!.replaceAll('"../../', `"${ROOT}/`).replaceAll('"./', `"${join(ROOT, path, "..")}/`);
  await writeFile(join(folder, "squared.ts"), moved);
  squared = ((await import(join(folder, "squared.ts"))) as { squared: PolicyLoss }).squared;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the page's line is how the table is written", () => {
  const table = /^export const policyLosses = registry\("loss", \[[\s\S]*?\]\);$/m;
  expect(read("trainers/losses/index.ts")).toMatch(table);
  expect(line).toMatch(table);
  expect(line).toContain("...clippedLosses, squared]");
});

test("with it the loss is there by its name", () => {
  const table = registry("loss", [...clippedLosses, squared]);
  expect(table.get("squared").formula(LossFields.parse({}))).toBe("-r A + (r - 1)^2");
});

test("and has the gradient of its formula", async () => {
  // r = 1.5: d/dlp of -r A + (r - 1)^2 is -r A + 2 (r - 1) r = -0.75 + 1.5
  const engine = new TableEngine({ logprobs: [-1 + Math.log(1.5)], entropies: [0] }, { get: () => withTerms(squared) });
  const fields = { weights: [1], mask: [1], advantages: [0.5], oldLogprobs: [-1] };
  const completion = {
    tokens: Int32Array.of(0),
    fields: Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, Float32Array.from(values)])),
  };
  const options = { ...LossFields.parse({}), kl_estimator: null, entropy_bonus: false };
  await engine.forwardBackward([{ prompt: { tokens: Int32Array.of(0), pixels: null }, completions: [completion] }], {
    name: "squared",
    options,
    temperature: 1,
  });
  expect(engine.loss).toBeCloseTo(-0.75 + 0.25, 6);
  expect(engine.gradient[0]).toBeCloseTo(0.75, 6);
});
