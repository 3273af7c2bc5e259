import { afterAll, beforeAll, expect, test } from "vitest";
import { holdSession } from "../../tests/python-session.ts";
import { rewardInput } from "../define.ts";
import { grade, pythonTests } from "./python-tests.ts";

type Target = Parameters<typeof pythonTests.score>[0]["target"];
const ADD: Target = {
  function: "add",
  tests: [
    { args: [1, 2], returns: 3 },
    { args: [-1, 1], returns: 0 },
    { args: [0.1, 0.2], returns: 0.3 },
  ],
};

let held: Awaited<ReturnType<typeof holdSession>>;
beforeAll(async () => {
  held = await holdSession();
}, 180_000);
afterAll(() => held.close());

function run(program: string, target: Target = ADD, options: object = {}) {
  return grade(held.session, program, target, pythonTests.options!.parse(options) as never);
}

/** The whole reward, with an interpreter of its own. */
async function score(completion: string): Promise<number> {
  const input = rewardInput({ completion, target: ADD, options: pythonTests.options!.parse({}) as never });
  const returned = await pythonTests.score(input);
  return typeof returned === "number" ? returned : (returned as { score: number }).score;
}

/** One test of stdin and stdout. */
const prints = (stdout: string, stdin = ""): Target => ({ tests: [{ stdin, stdout }] });
/** One call of `f`. */
const returns = (value: unknown, args: unknown[] = [], more: object = {}): Target =>
  ({ function: "f", tests: [{ args, returns: value, ...more }] }) as Target;
const asserts = (...tests: string[]): Target => ({ function: "f", tests: tests.map((one) => ({ assert: one })) });

test.each<[string, string, Target, number]>([
  ["a function", "def add(a, b):\n    return a + b", ADD, 1],
  ["a lambda", "add = lambda a, b: a + b", ADD, 1],
  ["a wrong one", "def add(a, b): return a - b", ADD, 0],
  ["one that is right for one test of three", "def add(a, b): return 3", ADD, 0],
  ["a syntax error", "def add(a, b) return a + b", ADD, 0],
  ["an exception", "def add(a, b): raise ValueError('x')", ADD, 0],
  ["another name", "def plus(a, b): return a + b", ADD, 0],
  ["a coroutine", "async def add(a, b): return a + b", ADD, 0],
  [
    "no memory between tests",
    "calls = 0\ndef add(a, b):\n    global calls\n    calls += 1\n    return a + b if calls == 1 else 99",
    ADD,
    1,
  ],
  ["what runs only as a script", "def add(a, b): return a + b\nif __name__ == '__main__': raise SystemExit('no script')", ADD, 1],
  ["a method", "class Solution:\n    def add(self, a, b): return a + b", { ...ADD, function: "Solution().add" }, 1],
  ["arguments by name", "def f(a, *, b): return [a, b]", returns([1, 2], [1], { kwargs: { b: 2 } }), 1],
  ["a tuple as a list", "def f(): return (1, (2, None), True)", returns([1, [2, null], true]), 1],
  ["a set", "def f(): return {1}", returns([1]), 0],
  ["objects, keys in any order", "def f(): return {'b': [1.5], 'a': 'x'}", returns({ a: "x", b: [1.5] }), 1],
  ["keys that are numbers", "def f(): return {1: 2}", returns({ "1": 2 }), 1],
  ["a key too many", "def f(): return {'a': 1, 'b': 2}", returns({ a: 1 }), 0],
  ["True and 1", "def f(): return True", returns(1), 0],
  ["1.0 and 1", "def f(): return 1.0", returns(1), 1],
  ["whole numbers, one apart", "def f(): return 2000000000", returns(2000000001), 0], // 5e-10 apart, and still another number
  ["a fraction, as near", "def f(): return 2000000001.5", returns(2000000001), 1], // 2.5e-10 apart
  ["not a number", "def f(): return float('nan')", returns(0), 0],
  ["an endless list", "def f():\n    a = []\n    a.append(a)\n    return a", returns([]), 0],
  ["nothing", "def f(): pass", returns(null), 1],
  ["a date class", "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\ndef f(): return P(3).x", returns(3), 1],
  ["the standard library", "import re, heapq, math, json, collections\ndef f(): return math.gcd(12, 18)", returns(6), 1],
  ["a script", "n = int(input())\nprint(sum(int(input()) for _ in range(n)))", prints("6", "3\n1\n2\n3\n"), 1],
  ["a script that reads all", "import sys\nprint(sys.stdin.read().upper(), end='')", prints("AB\nC", "ab\nc"), 1],
  ["a script that reads bytes", "import sys, os\nfirst = sys.stdin.buffer.readline()\nprint(first)", prints("b'ab\\n'", "ab\nc"), 1],
  ["a script that opens 0", "print(*open(0))", prints("ab\n c", "ab\nc"), 1],
  ["a script that says its name", "if __name__ == '__main__': print('yes')", prints("yes"), 1],
  ["a script that writes bytes", "import sys\nsys.stdout.buffer.write('é'.encode())", prints("é"), 1],
  ["a script that ends well", "import sys\nprint(1)\nsys.exit()", prints("1"), 1],
  ["a script that ends with a code", "import sys\nprint(1)\nsys.exit(1)", prints("1"), 0],
  ["a script that raises at its end", "print(1)\n1 / 0", prints("1"), 0],
  ["a script that prints to stderr besides", "import sys\nprint(1)\nprint(2, file=sys.stderr)", prints("1"), 1],
  ["deep recursion", "import sys\nsys.setrecursionlimit(10**6)\nf = lambda n: n and 1 + f(n - 1)\nprint(f(20000))", prints("20000"), 1],
  ["no clock and no chance", "import random, time\nprint(random.random() == random.random(), time.time() < 60)", prints("False True"), 1],
  ["time that passes when one sleeps", "import time\na = time.time(); time.sleep(0.5); print(time.time() - a >= 0.5)", prints("True"), 1],
  [
    "assertions",
    "def f(a): return (a, {a})",
    asserts("assert f(1) == (1, {1})", "assert candidate(2)[0] == 2\nassert f('x')[0] == 'x'"),
    1,
  ],
  ["an assertion that fails", "def f(a): return a", asserts("assert f(1) == 1", "assert f(1) == 2"), 0],
  ["a checker", "def f(a, b=1): return a + b", asserts("def check(g):\n    assert g(1) == 2\n    assert g(1, b=4) == 5\ncheck(f)"), 1],
  [
    "an exception where one is wanted",
    "def f(): raise ValueError",
    asserts("try:\n    f()\nexcept AssertionError: pass\nelse: assert False"),
    1,
  ],
  [
    "arguments that are no JSON",
    "def f(a): return a",
    asserts("assert f({1: (2, b'x')}) == {1: (2, b'x')}", "assert f(float('inf')) > 10**400"),
    1,
  ],
  ["infinity in a list", "def f(): return [1.0, float('inf'), -float('inf')]", asserts("assert f()[1] == float('inf') == -f()[2]"), 1],
])("%s", async (_, program, target, expected) => {
  expect((await run(program, target)).score).toBe(expected);
});

test("partial credit is the share of tests that pass", async () => {
  expect(await run("def add(a, b): return 3", ADD, { credit: "share" })).toEqual({ score: 1 / 3, metrics: { passed: 1 / 3, timeout: 0 } });
});

test("numbers in what is printed may differ by the tolerance", async () => {
  expect((await run("print(0.1 + 0.2)", prints("0.3"))).score).toBe(1);
  expect((await run("print(0.1 + 0.2)", prints("0.3"), { relative_tolerance: 0 })).score).toBe(0);
});

test("the last block counts, and without one there is nothing to run", async () => {
  expect(await score("```python\nadd = None\n```\nno:\n```\nadd = lambda a, b: a + b\n```")).toBe(1);
  expect(await score("```py\nadd = lambda a, b: a + b\n```\n```\n1\n```")).toBe(0);
  expect(await score("```py\nadd = lambda a, b: a + b")).toBe(0); // never closed
});

test("a test that overruns its time has failed, and the next is run anew", async () => {
  const target: Target = { function: "f", tests: [0, 1, 2, 3].map((n) => ({ args: [n], returns: n })) };
  const program = "def f(n):\n    while n == 1: pass\n    return n";
  const shared = await run(program, target, { credit: "share", test_timeout_ms: 500 });
  expect(shared).toEqual({ score: 3 / 4, metrics: { passed: 3 / 4, timeout: 1 / 4 } });
  expect(await run(program, target, { test_timeout_ms: 500 })).toEqual({ score: 0, metrics: { passed: 1 / 4, timeout: 1 / 4 } });
  // no time is left for the last two
  const short = await run(program, target, { credit: "share", program_timeout_ms: 500 });
  expect(short).toEqual({ score: 1 / 4, metrics: { passed: 1 / 4, timeout: 3 / 4 } });
});

test.each<[string, Target, string]>([
  ["does not parse", asserts("assert f("), "does not parse"],
  ["passes a function", asserts("assert f(lambda: 1)"), "a value of type function"],
])("an assertion that %s is our mistake", async (_, target, message) => {
  await expect(run("def f(*a): return 1", target)).rejects.toThrow(message);
});

test.each([
  [{ tests: ADD.tests }],
  [{ function: "a b", tests: ADD.tests }],
  [{ function: "a", tests: [] }],
  [{ function: "a" }],
  [{ ...ADD, more: 1 }],
  [{ tests: [{ stdin: "", stdout: "", args: [] }] }],
  [{ tests: [{ assert: "assert f() == 1" }] }],
  [{ function: "f", tests: [{ assert: " " }] }],
])("the target %j is refused", (target) => {
  expect(pythonTests.target.safeParse(target).success).toBe(false);
});
