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

export const obedient = defineReward({
  name: "obedient",
  target: z.string(),
  field: "answer",
  options: z.strictObject({ bonus: z.number().default(0) }),
  needs: ["pictures"],
  async score({ completion, target, options, pictures, exampleId, seed, tokens, finish }) {
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
    const pixels = pictures[0]?.data.length ?? 0;
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
  expect(await outcome(made, "throw")).toEqual({ kind: "error", message: `${file}:11: RangeError: I will not` });
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

test("a file may look at turns or at the whole group, and gets the pixels and logprobs that it asks for alone", {
  timeout: 60_000,
}, async () => {
  await writeFile(
    join(folder, "scopes.ts"),
    `import { defineReward, z } from "vlrl";
const target = z.unknown();
export const turns = defineReward({
  name: "turns", target, field: "answer", scope: "turn", combine: "sum",
  score: ({ turns }) => turns.filter(({ role }) => role === "policy").map(({ text }) => text.length),
});
export const rank = defineReward({
  name: "rank", target, field: "answer", scope: "group", version: 3, needs: ["logprobs"],
  score: (members) => members.map(({ logprobs, ...rest }) => ({
    score: members.filter((other) => other.logprobs[0]! < logprobs[0]!).length,
    metrics: { size: logprobs.buffer.byteLength, ids: Number("tokenIds" in rest) },
  })),
});
export const plain = defineReward({
  name: "plain", target, field: "answer",
  score: ({ example }) => {
    const { image, target } = example as Record<string, Record<string, unknown>>;
    return { score: 1, metrics: { width: image!.width as number, pixels: Number("data" in image!), target: Number("data" in target!) } };
  },
});
`,
  );
  const file = "scopes.ts";
  const made = await scorer([
    { file, export: "turns" },
    { file, export: "rank", version: 3 },
    { file, export: "plain", target: "target" },
  ]);
  const image = { width: 2, height: 1, data: new Uint8Array(6) };
  const requests = [-0.5, -2].map((logprob) => ({
    example: { id: "a", fields: { answer: "3", image, target: image } },
    completion: "calltooldone",
    tokens: 4,
    finish: "stop" as const,
    tokenIds: new Int32Array(4),
    logprobs: Float32Array.of(9, logprob).subarray(1),
    turns: [
      { role: "policy" as const, start: 0, end: 4, firstToken: 0, endToken: 1 },
      { role: "observation" as const, start: 4, end: 8, firstToken: 1, endToken: 3 },
      { role: "policy" as const, start: 8, end: 12, firstToken: 3, endToken: 4 },
    ],
  }));
  const scored = await Promise.all(requests.map((request) => made.score(request)));
  expect(scored.map(({ parts, reward }) => [parts.map(({ name }) => name), reward])).toEqual([
    [["turns", "plain"], null],
    [["turns", "plain"], null],
  ]);
  const whole = await made.scoreGroup!(requests, scored);
  expect(whole.map(({ reward }) => reward)).toEqual([8 + 1 + 1, 8 + 0 + 1]);
  expect(whole[0]!.parts.map(({ outcome }) => outcome)).toEqual([
    {
      kind: "score",
      score: 8,
      steps: [
        { name: "turn/0", start: 0, end: 4, score: 4 },
        { name: "turn/1", start: 8, end: 12, score: 4 },
      ],
    },
    { kind: "score", score: 1, metrics: { size: 4, ids: 0 } },
    { kind: "score", score: 1, metrics: { width: 2, pixels: 0, target: 1 } },
  ]);
  await expect(scorer([{ file, export: "rank", version: 2 }])).rejects.toThrow(
    'recipe.yaml: rewards[0].version: expected version 2 of "rank", found 3',
  );
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
    "odd.ts": `import { z } from "vlrl";
export default { ...${reward("odd")}, scope: "step", combine: "mean", range: [1, 0], version: 0, needs: ["all"] };\n`,
    "options.ts": `import { z } from "vlrl";\nexport default ${reward("plain")};\n`,
    "loops.mjs": "while (true);\n",
    "fine.js": `import { z } from "vlrl";\nexport default ${reward("fine")};\n`,
    "exits.ts": "process.exit(4);\n",
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const specs = [
    ...["syntax.ts", "throws.ts", "missing.ts", "nothing.ts", "two.ts", "half.ts", "odd.ts"].map((file) => ({ file })),
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
    `odd.ts: the export "default" is not a reward: ${[
      "`scope` must be completion, turn or group",
      "`combine` must be mean or sum, and goes with the scope turn",
      "`range` must be two numbers, the lower one first",
      "`version` must be 1 or more",
      "`needs` must be a list of pictures, tokenIds, logprobs",
    ].join("; ")}`,
    expect.stringContaining("export default defineReward("),
    'two.ts: has no export "tow"',
    '  Did you mean "two"?',
    'options.ts: options: reward "plain" takes no options',
    "  Leave them out, or give the reward an `options` schema.",
    "loops.mjs: did not load: no answer in 5000 ms",
    "  Is there an endless loop, or a long wait, at its top level?",
    "exits.ts: did not load: ended its own thread with exit code 4",
    "recipe.yaml: rewards[12].file: there is no file fin.js",
    '  Did you mean "fine.js"?',
  ]);
});
