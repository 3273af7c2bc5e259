import { z } from "zod";
import { defineReward } from "../define.ts";
import type { PythonHeard, PythonLimits } from "../sandbox/python.ts";
import { inPython, type PythonSession } from "../sandbox/python-pool.ts";
import { lastCodeBlock } from "../text/code-block.ts";
import { sameJson } from "../text/same-json.ts";
import { sameOutput } from "../text/same-output.ts";

const Test = z.union([
  z.strictObject({ args: z.array(z.json()), kwargs: z.record(z.string(), z.json()).optional(), returns: z.json() }),
  z.strictObject({ stdin: z.string().max(10_000_000), stdout: z.string().max(1_000_000) }),
  z.strictObject({ assert: z.string().regex(/\S/, "expected Python that asserts something").max(100_000) }),
]);
type Test = z.infer<typeof Test>;
interface Target {
  function?: string | undefined;
  tests: Test[];
}

const Options = z.strictObject({
  credit: z.enum(["all", "share"]).default("all").describe("all: 1 where all tests pass, else 0; share: the share that does"),
  test_timeout_ms: z.int().min(1).max(600_000).default(5000).describe("wall time of one test"),
  program_timeout_ms: z.int().min(1).max(3_600_000).default(20_000).describe("wall time of all tests of a program"),
  memory_mb: z.int().min(64).max(2048).default(256).describe("of Python, itself included"),
  relative_tolerance: z.number().min(0).max(1).default(1e-9).describe("between numbers that are not both whole"),
});
type Options = z.infer<typeof Options>;

/**
 * Whether a Python program passes its tests: the last ``` block of the completion, run in CPython 3.14 as WebAssembly (Pyodide) with its standard
 * library, in a process of its own without files, network, environment, threads or a real clock.
 *
 * Target: tests, in any mix. `{ stdin, stdout }`: the program, run as a script, prints this, ends of lines aside. `{ args, kwargs?, returns }`: the
 * target's `function` returns this JSON value, tuples being lists; whole numbers exactly, others within `relative_tolerance`. `{ assert }`: Python
 * that calls the function by its name, or as `candidate`, with plain values, in an interpreter where the program is not. A function may be
 * `Solution().solve`. Each test and each call runs the program anew. Expected results are never where a program is.
 *
 * `credit: all` gives 1 where all tests pass, else 0; `credit: share` the share that pass. A test fails where the program raises, exits with a
 * code, returns no plain value, prints more than 1 MB, takes more than `memory_mb` (Python itself has 30 of them) or longer than `test_timeout_ms`;
 * those that are left fail once all have taken `program_timeout_ms`. Times count from when the program starts, not while it waits for its turn.
 * Returns a number in [0, 1]; 0 without a block. Metrics: shares of tests that passed, and that overran their time. A Python that does not
 * start, and an assertion that does not parse or passes anything but plain values, is an error.
 * Source: HumanEval (arXiv:2107.03374), functional correctness; APPS (arXiv:2105.09938), standard input; MBPP (arXiv:2108.07732), assertions.
 */
export const pythonTests = defineReward({
  name: "python_tests",
  target: z
    .strictObject({
      function: z
        .string()
        .regex(/^[A-Za-z_]\w{0,63}(?:\(\))?(?:\.[A-Za-z_]\w{0,63})?$/, "expected a function's name, such as add or Solution().add")
        .optional(),
      tests: z.array(Test).min(1, "expected at least one test").max(200),
    })
    .refine((target) => target.function !== undefined || target.tests.every((test) => "stdin" in test), {
      message: "expected a function's name: args and assert call it",
      path: ["function"],
    }) as z.ZodType<Target>,
  field: "tests",
  options: Options,
  range: [0, 1],
  examples: [
    {
      completion: "```python\ndef add(a, b):\n    return a + b\n```",
      target: { function: "add", tests: [{ args: [1, 2], returns: 3 }, { assert: "assert add(-1, 1) == 0" }] },
      score: 1,
    },
    {
      completion: "```python\nprint(int(input()) * 2)\n```",
      target: {
        tests: [
          { stdin: "3\n", stdout: "6\n" },
          { stdin: "3\n", stdout: "9\n" },
        ],
      },
      options: { credit: "share" },
      score: 1 / 2,
    },
  ],
  async score({ completion, target, options }) {
    const program = lastCodeBlock(completion);
    return program === null ? 0 : inPython((session) => grade(session, program, target, options));
  },
});

/** Puts a program to its tests, one after the other, in a session of its own. */
export async function grade(session: PythonSession, program: string, target: Target, options: Options) {
  const { credit, test_timeout_ms, program_timeout_ms, memory_mb, relative_tolerance } = options;
  const call = { program, name: target.function ?? "" };
  const count = target.tests.length;
  const started = session.spentMs;
  let [passed, late] = [0, 0];
  for (const test of target.tests) {
    const timeoutMs = Math.min(test_timeout_ms, program_timeout_ms - (session.spentMs - started));
    const limits = { timeoutMs, memoryMb: memory_mb };
    const result = timeoutMs <= 0 ? "late" : await tried(session, test, call, relative_tolerance, limits);
    if (result === "passed") passed++;
    if (result === "late") late++;
    if (result !== "passed" && credit === "all") break;
  }
  const share = passed / count;
  return { score: credit === "share" ? share : Number(passed === count), metrics: { passed: share, timeout: late / count } };
}

async function tried(
  session: PythonSession,
  test: Test,
  call: { program: string; name: string },
  tolerance: number,
  limits: PythonLimits,
): Promise<"passed" | "failed" | "late"> {
  const heard = await asked(session, test, call, limits);
  if ("refused" in heard) throw new Error(`a test can't be run: ${heard.refused}`);
  if ("timeout" in heard) return "late";
  return passes(test, heard, tolerance) ? "passed" : "failed";
}

function asked(session: PythonSession, test: Test, call: { program: string; name: string }, limits: PythonLimits): Promise<PythonHeard> {
  if ("assert" in test) return session.check(test.assert, call, limits);
  if ("stdin" in test) return session.run({ kind: "stdin", program: call.program, stdin: test.stdin }, limits);
  return session.run({ kind: "call", ...call, args: test.args, named: test.kwargs ?? {} }, limits);
}

function passes(test: Test, heard: PythonHeard, tolerance: number): boolean {
  if ("assert" in test) return "passed" in heard;
  if ("stdin" in test) return "stdout" in heard && sameOutput(test.stdout, heard.stdout, tolerance);
  if (!("value" in heard)) return false;
  const within = (wanted: number, given: number) => Math.abs(wanted - given) <= tolerance * Math.abs(wanted);
  const whole = (wanted: number, given: number) => Number.isSafeInteger(wanted) && Number.isSafeInteger(given);
  try {
    return sameJson(test.returns, JSON.parse(heard.value), (a, b) => a === b || (!whole(a, b) && within(a, b)));
  } catch {
    return false;
  }
}
