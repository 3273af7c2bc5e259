import { expect, test } from "vitest";
import { rewardInput } from "../define.ts";
import { javascriptTests } from "./javascript-tests.ts";

type Target = Parameters<typeof javascriptTests.score>[0]["target"];
const ADD: Target = {
  function: "add",
  tests: [
    { args: [1, 2], returns: 3 },
    { args: [-1, 1], returns: 0 },
    { args: [0.1, 0.2], returns: 0.3 },
  ],
};

async function run(program: string, options: object = {}, target: Target = ADD) {
  const completion = program.includes("```") ? program : `Here:\n\`\`\`js\n${program}\n\`\`\`\n`;
  const input = rewardInput({ completion, target, options: javascriptTests.options!.parse(options) as never });
  const returned = await javascriptTests.score(input);
  return typeof returned === "number"
    ? { score: returned, metrics: { passed: 0, hung: 0 } }
    : (returned as { score: number; metrics: Record<string, number> });
}

test.each<[string, string, number]>([
  ["a declaration", "function add(a, b) { return a + b; }", 1],
  ["a constant", "const add = (a, b) => a + b;", 1],
  ["an export", "export function add(a, b) { return a + b; }", 1],
  ["a wrong one", "function add(a, b) { return a - b; }", 0],
  ["one that is right for one test of three", "function add(a, b) { return 3; }", 0],
  ["a syntax error", "function add(a, b) { return a + ", 0],
  ["a throw", "function add() { throw new Error('x'); }", 0],
  ["another name", "function sum(a, b) { return a + b; }", 0],
  ["a promise", "async function add(a, b) { return a + b; }", 0],
  ["nothing returned", "function add() {}", 0],
  ["no memory between tests", "let calls = 0; function add(a, b) { calls++; return calls === 1 ? a + b : 99; }", 1],
  [
    "no host",
    "function add(a, b) { return typeof process + typeof require + typeof fetch + typeof setTimeout === 'undefined'.repeat(4) ? a + b : 0; }",
    1,
  ],
  [
    "no clock and no chance",
    "const r = Math.random(); function add(a, b) { return Date.now() === 0 && +new Date() === 0 && r < 1e-4 ? a + b : 0; }",
    1,
  ],
  ["a JSON of its own", "JSON.stringify = () => '3'; JSON.parse = () => [3]; function add(a, b) { return 3; }", 0],
  ["a module", "import fs from 'fs'; export function add(a, b) { return a + b; }", 0],
  ["eval of the host's global object", "function add(a, b) { return Function('return this')().process ? 0 : a + b; }", 1],
])("%s", async (_, program, expected) => {
  expect((await run(program)).score).toBe(expected);
});

test("partial credit is the share of tests that pass", async () => {
  expect((await run("function add(a, b) { return 3; }", { credit: "share" })).score).toBe(1 / 3);
});

test("the last block counts, and without one there is nothing to run", async () => {
  expect((await run("```js\nfunction add() {}\n```\nno:\n```\nfunction add(a, b) { return a + b; }\n```")).score).toBe(1);
  expect((await run("```js\nfunction add(a, b) { return a + b; }\n```\n```\n1\n```")).score).toBe(0);
  expect((await run("```js\nfunction add(a, b) { return a + b; }")).score).toBe(0); // never closed
});

test.each([
  ["an endless loop", "function add() { for (;;); }"],
  ["a loop at the top", "for (;;);"],
  ["endless recursion", "function add() { return add(); }"],
  ["endless memory", "function add() { const all = []; for (;;) all.push('x'.repeat(100000) + all.length); }"],
  ["a long text", "function add() { let s = 'x'; for (;;) s += s; }"],
  ["a pattern that backtracks", "function add() { return /^(a+)+$/.test('a'.repeat(40) + 'b'); }"],
  ["a deep result", "function add() { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a; }"],
  ["a result in a circle", "function add() { const a = {}; a.a = a; return a; }"],
])("%s fails its tests and harms nobody", async (_, program) => {
  expect((await run(program, { budget: 200 })).score).toBe(0);
  expect((await run("function add(a, b) { return a + b; }")).score).toBe(1);
});

test("objects, lists and texts are compared by value", async () => {
  const target: Target = { function: "f", tests: [{ args: [["b", "a"], { x: null }], returns: { list: ["a", "b"], n: 1 } }] };
  expect((await run("function f(list) { return { n: 1, list: [...list].sort() }; }", {}, target)).score).toBe(1);
  expect((await run("function f(list) { return { n: 1, list }; }", {}, target)).score).toBe(0);
  expect((await run("function f(list) { return { n: 1, list: [...list].sort(), more: 1 }; }", {}, target)).score).toBe(0);
});

test.each([[{ function: "a b", tests: ADD.tests }], [{ function: "a", tests: [] }], [{ function: "a" }], [{ ...ADD, more: 1 }]])(
  "the target %j is refused",
  (target) => {
    expect(javascriptTests.target.safeParse(target).success).toBe(false);
  },
);
