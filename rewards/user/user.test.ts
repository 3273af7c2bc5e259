import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome, Scorer } from "../../core/types.ts";
import { createScorer } from "../compose.ts";
import { RewardSpec } from "../options.ts";

let folder: string;
const opened: Scorer[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-reward-"));
});
afterAll(async () => {
  await Promise.all(opened.map((scorer) => scorer.close()));
  await rm(folder, { recursive: true });
});

async function scorer(specs: Record<string, unknown>[], options: { workers?: number; loadTimeoutMs?: number } = {}): Promise<Scorer> {
  const parsed = specs.map((spec) => RewardSpec.parse(spec));
  const made = await createScorer(parsed, { folder, seed: 11, recipe: "recipe.yaml", ...options });
  opened.push(made);
  return made;
}

async function outcome(made: Scorer, completion: string, fields: Record<string, unknown> = { answer: "15" }): Promise<Outcome> {
  const { parts } = await made.score({ example: { id: "a", fields }, completion, tokens: 3, finish: "stop" });
  return parts[0]!.outcome;
}

/** One reward that does what the completion says. */
const OBEDIENT = `import { defineReward, z } from "vlrl";
import { never } from "./helper.ts";

interface Row { image?: { data: Uint8Array } }

export const obedient = defineReward({
  name: "obedient",
  target: z.string(),
  field: "answer",
  options: z.strictObject({ bonus: z.number().default(0) }),
  async score({ completion, target, options, example, exampleId, seed, tokens, finish }) {
    if (completion === "throw") throw new RangeError("I will not");
    if (completion === "throw a text") throw "no";
    if (completion === "late") setTimeout(() => { throw new Error("too late"); }, 1);
    if (completion === "late" || completion === "never") await never();
    if (completion === "exit") process.exit(3);
    if (completion === "NaN") return Number.NaN;
    if (completion === "text") return "0.5" as unknown as number;
    if (completion === "null") return null;
    if (completion === "memory") { const hoard: unknown[] = []; while (true) hoard.push(new Array(1e5).fill(hoard.length)); }
    while (completion === "loop");
    const pixels = (example as Row).image?.data.length ?? 0;
    return { score: (target === completion ? 1 : 0) + options.bonus, metrics: { tokens, seed, pixels, stop: finish === "stop" ? 1 : 0, id: exampleId.length } };
  },
});
`;

test("a reward of the user's own does what ours do, and what it does wrong costs one outcome", { timeout: 120_000 }, async () => {
  await writeFile(join(folder, "obedient.ts"), OBEDIENT);
  await writeFile(join(folder, "helper.ts"), "export const never = (): Promise<never> => new Promise(() => {});\n");
  const made = await scorer([{ file: "./obedient.ts", weight: 2, options: { bonus: 0.25 }, timeout_ms: 1000 }], { workers: 1 });
  expect(made.names).toEqual(["obedient"]);

  const image = { width: 1, height: 1, data: new Uint8Array(30).subarray(3, 6) };
  const scored = await made.score({ example: { id: "row", fields: { answer: "15", image } }, completion: "15", tokens: 3, finish: "stop" });
  expect(scored.reward).toBe(2.5);
  const metrics = { tokens: 3, seed: 11, pixels: 3, stop: 1, id: 3 };
  expect(scored.parts[0]!.outcome).toEqual({ kind: "score", score: 1.25, metrics });

  const file = join(folder, "obedient.ts");
  expect(await outcome(made, "throw")).toEqual({ kind: "error", message: `${file}:12: RangeError: I will not` });
  expect(await outcome(made, "throw a text")).toEqual({ kind: "error", message: `${file}: threw 'no'` });
  expect(await outcome(made, "NaN")).toEqual({ kind: "error", message: "returned NaN" });
  expect(await outcome(made, "text")).toMatchObject({ kind: "error", message: expect.stringContaining('returned "0.5"') });
  expect(await outcome(made, "null")).toEqual({ kind: "not_applicable" });
  expect(await outcome(made, "15", { answer: 15 })).toEqual({
    kind: "error",
    message: "needs answer: expected string, received number",
  });
  expect(await outcome(made, "15", { answer: () => "15" })).toMatchObject({
    kind: "error",
    message: expect.stringContaining("can't be sent to a thread"),
  });

  // One thread: whatever is asked behind a loop waits for the thread's replacement, and still gets its answer.
  const together = await Promise.all(["loop", "15", "never", "exit", "14", "late", "15"].map((text) => outcome(made, text)));
  expect(together.map((each) => (each.kind === "score" ? each.score : each.kind))).toEqual([
    "timeout",
    1.25,
    "timeout",
    "error",
    0.25,
    "error",
    1.25,
  ]);
  expect(together[0]).toEqual({ kind: "timeout", message: "no answer in 1000 ms" });
  expect(together[3]).toEqual({ kind: "error", message: "ended its own thread with exit code 3" });
  expect(together[5]).toEqual({ kind: "error", message: "too late" });

  expect(await made.check({ id: "a", fields: { answer: "15" } })).toEqual([]);
  expect(await made.check({ id: "a", fields: { answer: 15 } })).toEqual([
    'reward "obedient" needs answer: expected string, received number',
  ]);
  await made.close();
  expect(await outcome(made, "15")).toEqual({ kind: "error", message: "was closed" });
});

test("a reward that fills its memory is an error, and the process goes on", { timeout: 120_000 }, async () => {
  await writeFile(join(folder, "obedient.ts"), OBEDIENT);
  await writeFile(join(folder, "helper.ts"), "export const never = (): Promise<never> => new Promise(() => {});\n");
  const made = await scorer([{ file: "obedient.ts", timeout_ms: 60_000 }], { workers: 1 });
  expect(await outcome(made, "memory")).toMatchObject({ kind: "error", message: expect.stringContaining("memory limit") });
  expect(await outcome(made, "15")).toMatchObject({ kind: "score", score: 1 });
});

const reward = (name: string) => `{ name: "${name}", target: z.unknown(), field: "answer", score: () => 1 }`;

test("what keeps a file from loading is said with its place and its cure, all at once", { timeout: 120_000 }, async () => {
  const files: Record<string, string> = {
    "syntax.ts": "export default {\n  score( { return 1 }\n};\n",
    "throws.ts": "const a = 1;\nthrow new Error(String(a));\n",
    "missing.ts": 'import { z } from "vlrl";\nimport { x } from "./not-there.ts";\nexport default x ?? z;\n',
    "nothing.ts": "export const a = 1;\n",
    "two.ts": `import { z } from "vlrl";\nexport const one = ${reward("one")};\nexport const two = ${reward("two")};\n`,
    "half.ts": 'export default { name: "half", score: () => 1 };\n',
    "options.ts": `import { z } from "vlrl";\nexport default ${reward("plain")};\n`,
    "loops.mjs": "while (true);\n",
    "fine.js": `import { z } from "vlrl";\nexport default ${reward("fine")};\n`,
    "exits.ts": "process.exit(4);\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const specs = [
    ...["syntax.ts", "throws.ts", "missing.ts", "nothing.ts", "two.ts", "half.ts"].map((file) => ({ file })),
    { file: "two.ts", export: "tow" },
    { file: "options.ts", options: { a: 1 } },
    { file: "loops.mjs" },
    { file: "exits.ts" },
    { file: "fine.js" },
    { file: "fin.js" },
  ];
  const message = await scorer(specs, { loadTimeoutMs: 5000 }).then(
    () => "loaded",
    (error: Error) => `${error.name}\n${error.message.replaceAll(`${folder}/`, "")}`,
  );
  expect(message.split("\n")).toEqual([
    "RecipeError",
    "syntax.ts:2:11: SyntaxError: Unexpected keyword 'return'.",
    "  The file must load before a run can start.",
    "throws.ts:2: Error: 1",
    "  The file must load before a run can start.",
    "missing.ts:2: Error: Cannot find module './not-there.ts'",
    "  There is no such file: correct the import.",
    "nothing.ts: exports no reward",
    expect.stringContaining("export default defineReward("),
    "two.ts: exports 2 rewards and none by default",
    "  Say which in the recipe, for example `export: one`.",
    'half.ts: the export "default" is not a reward: `field` must name the example field that holds the target; `target` must be a zod schema',
    expect.stringContaining("export default defineReward("),
    'two.ts: has no export "tow"',
    '  Did you mean "two"?',
    'options.ts: options: reward "plain" takes no options',
    "  Leave them out, or give the reward an `options` schema.",
    "loops.mjs: did not load: no answer in 5000 ms",
    "  Is there an endless loop, or a long wait, at its top level?",
    "exits.ts: did not load: ended its own thread with exit code 4",
    "recipe.yaml: rewards[11].file: there is no file fin.js",
    '  Did you mean "fine.js"?',
  ]);
});
