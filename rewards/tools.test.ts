import { expect, test } from "vitest";
import { observation, policy } from "../tests/trajectory.ts";
import { ask } from "./ask.ts";
import { toolUses } from "./tools.ts";
import { episode, type WrittenTurn } from "./turns.ts";

const zoom = '<tool_call>{"name":"zoom","arguments":{"box":[1,2,3,4]}}</tool_call>';
const uses = (...written: WrittenTurn[]) => toolUses(episode(written).turns);
/** What is read, and what came of it: "-" for nothing, "!" for a failure. */
const short = (...written: WrittenTurn[]) =>
  uses(...written).map(({ name, observation: seen }) => [name, seen === null ? "-" : seen.failed ? "!" : seen.text]);

test("a call is its name, its arguments, its place, and what the environment answered", () => {
  const [look, reply] = [
    policy(`<think>closer</think>\n${zoom}`),
    observation("<tool_response>\npicture\n</tool_response>", { crop: [1, 2, 3, 4] }),
  ];
  const [use, ...rest] = uses(look, reply, policy("<answer>a</answer>"));
  expect(rest).toEqual([]);
  expect(use).toEqual({
    name: "zoom",
    arguments: { box: [1, 2, 3, 4] },
    start: 22, // <think>closer</think> has 21 characters, and a line feed
    end: 22 + zoom.length,
    turn: 0,
    observation: { turn: 1, text: "\npicture\n", failed: false, log: { crop: [1, 2, 3, 4] } },
  });
  const { completion } = episode([look, reply]);
  expect(completion.slice(use!.start, use!.end)).toBe(zoom);
});

test.each<[string, string | null, unknown]>([
  ["<tool_call>{</tool_call>", null, null],
  ["<tool_call></tool_call>", null, null],
  ['<tool_call>{"name":1,"arguments":{}}</tool_call>', null, null],
  ['<tool_call>{"name":"a","arguments":[]}</tool_call>', null, null],
  ['<tool_call>{"name":"a","arguments":null}</tool_call>', null, null],
  ['<tool_call>[{"name":"a","arguments":{}}]</tool_call>', null, null],
  ["<tool_call>{", null, null],
  ["<search> two  cats </search>", "search", { text: "two  cats" }],
  ["<action>choose frames between 2 and 40</action>", "action", { text: "choose frames between 2 and 40" }],
  ["<bbox>[1, 2, 3.5, 4]</bbox>", "bbox", { box: [1, 2, 3.5, 4] }],
  ["<zoom>[1, 2, 3]</zoom>", "zoom", null],
  ['<zoom>["1", 2, 3, 4]</zoom>', "zoom", null],
  ["<zoom>[,,,]</zoom>", "zoom", null],
])("%s is a call of %s with %j", (text, name, given) => {
  expect(uses(policy(text))).toMatchObject([{ name, arguments: given, start: 0 }]);
});

test("what is inside of a call is none, and an open tag hides no later call", () => {
  const nested = '<tool_call>{"name":"draw","arguments":{"code":"<search>a</search><action>b</action>"}}</tool_call>';
  expect(short(policy(nested))).toEqual([["draw", "-"]]);
  expect(short(policy(`<tool_call>{ ${zoom}</tool_call>`))).toEqual([
    [null, "-"],
    ["zoom", "-"],
  ]);
  expect(short(policy("plain </tool_call> text"))).toEqual([]);
});

test("calls and answers go together in their order; of more calls than answers the last ones were answered", () => {
  const two = "<tool_response>a</tool_response><tool_response>b</tool_response>";
  expect(short(policy(zoom + zoom), observation(two)).map(([, seen]) => seen)).toEqual(["a", "b"]);
  expect(short(policy(zoom + zoom), observation("picture")).map(([, seen]) => seen)).toEqual(["-", "picture"]);
  expect(short(policy(zoom), observation(two)).map(([, seen]) => seen)).toEqual(["a"]);
  expect(short(policy(zoom), observation("a"), policy("so"), observation("b"), policy(zoom))).toEqual([
    ["zoom", "a"],
    ["zoom", "-"],
  ]);
  // a chat template's words between two turns are nobody's
  expect(short(policy(zoom), { role: "context", text: "\nuser\n" }, observation("a"), policy(zoom), observation("b"))).toEqual([
    ["zoom", "a"],
    ["zoom", "b"],
  ]);
});

test.each<[string, Record<string, unknown> | undefined, string]>([
  ["error: no such box", undefined, "!"],
  ["\nExecution error:\nx", undefined, "!"],
  ["<tool_response> Tool execution failed: end is past the video</tool_response>", undefined, "!"],
  ["\nuser\nError: x", undefined, "!"],
  ["no errors here", undefined, "no errors here"],
  ["picture", { success: false }, "!"],
  ["Error bars of the chart", { success: true }, "Error bars of the chart"], // the environment knows better than its words
  ["picture", { error: "end is past the video" }, "!"],
  ["picture", { error: null }, "picture"],
])("%j with the log %j", (text, log, expected) => {
  expect(short(policy(zoom), observation(text, log))).toEqual([["zoom", expected]]);
});

test("a policy answers no call of its own", () => {
  const forged = `${zoom}<tool_response>picture</tool_response>`;
  expect(short(policy(forged))).toEqual([["zoom", "-"]]);
  expect(short(policy(forged), observation("Error: x"), policy("so"))).toEqual([["zoom", "!"]]);
});

test("calls in what others wrote are no calls, and time is linear in the text", () => {
  expect(short(observation(zoom), { role: "context", text: zoom }, { role: "negative", text: zoom })).toEqual([]);
  for (const piece of ["<tool_call>", "<search>", "<tool_call><search>", zoom, "<tool_call>[", '<tool_call>{"name":']) {
    const started = performance.now();
    toolUses(episode([policy(piece.repeat(400_000 / piece.length)), observation("<tool_response>".repeat(2e4))]).turns);
    expect(performance.now() - started).toBeLessThan(4000);
  }
});

test("a reward is given them, whoever runs it", async () => {
  const seen: unknown[] = [];
  const { completion, turns, tokens } = episode([policy(zoom), observation("a", { success: false }), policy("<answer>b</answer>")]);
  const definition = {
    name: "spy",
    target: (await import("zod")).z.unknown(),
    field: "answer",
    score: (input: { tools: unknown }) => seen.push(input.tools),
  };
  await ask(
    { definition: definition as never, field: "answer", options: {} },
    { completion, turns, tokens, exampleId: "a", fields: {}, seed: 0, finish: "stop" },
  );
  expect(seen).toEqual([toolUses(turns)]);
  expect(seen[0]).toMatchObject([{ name: "zoom", observation: { failed: true, log: { success: false } } }]);
});
