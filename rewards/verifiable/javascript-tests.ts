import { z } from "zod";
import { defineReward } from "../define.ts";
import { runJob } from "../sandbox/thread.ts";
import { lastCodeBlock } from "../text/code-block.ts";
import { sameJson } from "../text/same-json.ts";

/** Wall time of one completion at which its thread is ended: a machine under load gives the budget's time many times over. */
const TIMEOUT_MS = 30_000;

/**
 * Whether a JavaScript function passes its tests: the last ``` block of the completion defines it, and each test calls it in a new
 * QuickJS without files, network, clock or chance. Results are compared out here, as JSON, so no program can look them up.
 *
 * Target: the function's name and tests, arguments and the result. `credit: all` gives 1 where all tests pass, else 0; `credit: share`
 * the share that pass. A test fails where the program does not parse, throws, takes more than `budget` interrupts (each some 10 000 steps:
 * the same on every machine) or more than `memory_mb`, or returns something else; numbers may differ by `relative_tolerance`.
 * Returns a number in [0, 1]; 0 without a block. A program that hangs where steps are not counted is ended after 30 s and has
 * failed all tests. A sandbox that does not start is an error. Source: HumanEval (arXiv:2107.03374), functional correctness.
 */
export const javascriptTests = defineReward({
  name: "javascript_tests",
  target: z.strictObject({
    function: z.string().regex(/^[A-Za-z_$][\w$]{0,63}$/, "expected a function's name"),
    tests: z
      .array(z.strictObject({ args: z.array(z.json()), returns: z.json() }))
      .min(1, "expected at least one test")
      .max(100),
  }),
  field: "tests",
  options: z.strictObject({
    credit: z.enum(["all", "share"]).default("all").describe("all: 1 where all tests pass, else 0; share: the share that pass"),
    budget: z.int().min(1).max(100_000).default(2000).describe("interrupts of QuickJS for one test"),
    memory_mb: z.int().min(1).max(512).default(64).describe("a test that needs more fails"),
    relative_tolerance: z.number().min(0).max(1).default(1e-9).describe("between numbers"),
  }),
  range: [0, 1],
  examples: [
    {
      completion: "```js\nconst add = (a, b) => a + b;\n```",
      target: { function: "add", tests: [{ args: [1, 2], returns: 3 }] },
      score: 1,
    },
    {
      completion: "```js\nconst add = (a, b) => 3;\n```",
      target: {
        function: "add",
        tests: [
          { args: [1, 2], returns: 3 },
          { args: [1, 1], returns: 2 },
        ],
      },
      options: { credit: "share" },
      score: 1 / 2,
    },
  ],
  async score({ completion, target, options: { credit, budget, memory_mb, relative_tolerance } }) {
    const block = lastCodeBlock(completion);
    if (block === null) return 0;
    const program = block.replace(/^export\s+(?:default\s+)?(?=(?:async\s+)?(?:function|const|let|class)\b)/gm, "");
    const calls = target.tests.map(({ args }) => JSON.stringify(args));
    const limits = { budget, memoryMb: memory_mb, stopAtFailure: credit === "all" };
    const heard = await runJob({ kind: "javascript", program, name: target.function, calls, ...limits }, TIMEOUT_MS);
    if (heard.kind === "timeout") return { score: 0, metrics: { passed: 0, hung: 1 } };
    if (heard.kind !== "calls") throw new Error(`the sandbox failed: ${"message" in heard ? heard.message : heard.kind}`);
    const passed = heard.results.filter(
      (result, i) => "json" in result && sameJson(target.tests[i]!.returns, JSON.parse(result.json), relative_tolerance),
    ).length;
    const share = passed / calls.length;
    return { score: credit === "share" ? share : Number(share === 1), metrics: { passed: share, hung: 0 } };
  },
});
