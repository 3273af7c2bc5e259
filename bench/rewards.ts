/**
 * How fast rewards are: completions a second of cheap verifiers, alone and through a recipe's scorer, and what a queue of slow judges costs a
 * step beyond its own wait, and what an interpreter for each Python program costs. `npm run bench:rewards`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Example, Scorer } from "../core/types.ts";
import { createScorer } from "../rewards/compose.ts";
import { JudgeSpecs } from "../rewards/judges/schema.ts";
import { RewardSpec } from "../rewards/options.ts";
import { PythonProcess } from "../rewards/sandbox/python.ts";
import { closePython } from "../rewards/sandbox/python-pool.ts";

const COUNT = 20_000;
const REPEATS = 3;

/** A reward, a row that it reads, and completions right and wrong. */
const CHEAP: { spec: object; fields: Record<string, unknown>; completions: string[] }[] = [
  { spec: { name: "answer" }, fields: { answer: "15" }, completions: ["<answer>15</answer>", "<answer>16</answer>"] },
  { spec: { name: "format" }, fields: { answer: "15" }, completions: ["<think>3</think><answer>15</answer>", "15"] },
  { spec: { name: "text_match" }, fields: { answer: "a red car" }, completions: ["<answer>A red car</answer>", "<answer>blue</answer>"] },
  { spec: { name: "choice" }, fields: { answer: "B" }, completions: ["<answer>B</answer>", "<answer>(C) no</answer>"] },
  { spec: { name: "number" }, fields: { answer: "1200" }, completions: ["<answer>1,200</answer>", "<answer>12</answer>"] },
  { spec: { name: "math" }, fields: { answer: "\\frac{1}{2}" }, completions: ["\\boxed{0.5}", "\\boxed{\\frac{2}{3}}"] },
  { spec: { name: "box_iou" }, fields: { box: [0, 0, 10, 10] }, completions: ["<box>5,0,15,10</box>", "<box>1,1,2,2</box>"] },
  {
    spec: { name: "tag_format", options: { tags: ["think", "answer"] } },
    fields: {},
    completions: ["<think>a</think><answer>b</answer>", "b"],
  },
];

async function perSecond(scorer: Scorer, fields: Record<string, unknown>, completions: string[]): Promise<number> {
  const example: Example = { id: "row", fields };
  let best = 0;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const started = performance.now();
    for (let i = 0; i < COUNT; i++) {
      const completion = completions[i % completions.length]!;
      await scorer.score({ example, completion, tokens: completion.length, finish: "stop" });
    }
    best = Math.max(best, COUNT / ((performance.now() - started) / 1000));
  }
  return best;
}

async function cheap() {
  const rows: { rewards: string; "completions/s": number }[] = [];
  for (const { spec, fields, completions } of CHEAP) {
    const parsed = RewardSpec.parse(spec);
    const scorer = await createScorer([parsed], { folder: ".", seed: 0 });
    rows.push({ rewards: parsed.name!, "completions/s": Math.round(await perSecond(scorer, fields, completions)) });
    await scorer.close();
  }
  const specs = [{ name: "answer" }, { name: "format", weight: 0.5, gate: true }, { name: "choice", weight: 0 }];
  const scorer = await createScorer(
    specs.map((spec) => RewardSpec.parse(spec)),
    { folder: ".", seed: 0 },
  );
  const composed = await perSecond(scorer, { answer: "B" }, ["<think>3</think><answer>B</answer>", "C"]);
  rows.push({ rewards: "answer, format as a gate, choice", "completions/s": Math.round(composed) });
  await scorer.close();
  return rows;
}

const JUDGE_MS = 500;
const AT_ONCE = 64;

/** As many questions as are asked at once, of a judge who takes half a second for each. */
async function judges() {
  const server = createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end('{"choices":[{"message":{"content":"VERDICT: yes"}}]}'), JUDGE_MS);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const specs = JudgeSpecs.parse({ slow: { kind: "openai", url, model: "m", concurrency: AT_ONCE } });
  const spec = RewardSpec.parse({ name: "judge_binary", options: { judge: "slow" } });
  const scorer = await createScorer([spec], { folder: ".", seed: 0, judges: specs });
  const started = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, i) =>
      scorer.score({ example: { id: "row", fields: { answer: "7" } }, completion: `It is ${i}.`, tokens: 4, finish: "stop" }),
    ),
  );
  const ms = performance.now() - started;
  await scorer.close();
  server.close();
  return { "questions at once": AT_ONCE, "judge ms": JUDGE_MS, "all ms": Math.round(ms) };
}

const PROGRAMS = 40;

/** Python programs that take no time by themselves: what is left is one interpreter for each. */
async function python() {
  const scorer = await createScorer([RewardSpec.parse({ name: "python_tests" })], { folder: ".", seed: 0 });
  const example: Example = { id: "row", fields: { tests: { function: "f", tests: [{ args: [1], returns: 2 }] } } };
  const completion = "```python\ndef f(n): return n + 1\n```";
  const score = () => scorer.score({ example, completion, tokens: completion.length, finish: "stop" });
  const started = performance.now();
  await score();
  const first = performance.now();
  await Promise.all(Array.from({ length: PROGRAMS }, score));
  const last = performance.now();
  const waiting = await PythonProcess.start("program");
  const memoryMb = waiting.residentMb();
  waiting.kill();
  await scorer.close();
  await closePython();
  return {
    "first program ms": Math.round(first - started),
    "programs/s": Math.round((PROGRAMS / ((last - first) / 1000)) * 10) / 10,
    "MB a process (Linux)": Math.round(memoryMb),
  };
}

const result = { python: await python(), cheap: await cheap(), judges: await judges() };
if (process.argv.includes("--json")) console.log(JSON.stringify(result));
else {
  console.table(result.cheap);
  console.table([result.judges]);
  console.table([result.python]);
}
