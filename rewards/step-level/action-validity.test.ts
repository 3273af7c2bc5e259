import { expect, test } from "vitest";
import type { StepScore } from "../../core/types.ts";
import { rewardInput } from "../define.ts";
import { actionValidity } from "./action-validity.ts";

const TOOLS = { tools: { zoom: { bbox_2d: "numbers", label: "string?" }, stop: {} } };
const ask = (completion: string, options: object) =>
  actionValidity.score(rewardInput({ completion, target: undefined, options: actionValidity.options!.parse(options) })) as {
    score: number;
    steps: StepScore[];
    metrics: { actions: number; valid: number };
  };
const call = (name: string, args: string) => `<tool_call>{"name":"${name}","arguments":${args}}</tool_call>`;

test.each([
  [call("zoom", '{"bbox_2d":[1,2,3,4]}'), 1],
  [call("zoom", '{"bbox_2d":[1,2,3,4],"label":"cat"}'), 1],
  [call("stop", "{}"), 1],
  [call("zoom", '{"bbox_2d":[1,2,3,4]}') + call("zoom", "{}"), 1 / 2], // an argument lacks
  [call("zoom", '{"bbox_2d":[1,"2"]}'), 0],
  [call("zoom", '{"bbox_2d":[1],"label":5}'), 0],
  [call("zoom", '{"bbox_2d":[1],"more":5}'), 0],
  [call("stop", "[]"), 0],
  [call("stop", "null"), 0],
  [call("toString", "{}"), 0], // a name every object has
  ['<tool_call>{"name":"stop"}</tool_call>', 0],
  ["<tool_call>stop</tool_call>", 0],
  [`<tool_call>${call("stop", "{}")}`, 1 / 2], // one opened and not closed
  ["stop", 0],
  ["", 0],
])("%j scores %f", (completion, expected) => expect(ask(completion, TOOLS).score).toBe(expected));

test("actions in words", () => {
  const options = { tag: "action", templates: ["go {word}", "stop"] };
  const completion = "<action>go north</action><action>go</action><action>Stop</action>";
  const returned = ask(completion, options);
  expect(returned).toMatchObject({ score: 2 / 3, metrics: { actions: 3, valid: 2 } });
  expect(returned.steps.map(({ start, end, score }) => [completion.slice(start, end), score])).toEqual([
    ["go north", 1],
    ["go", 0],
    ["Stop", 1],
  ]);
});

test("no action can be worth something", () => expect(ask("so", { ...TOOLS, none: 0.5 }).score).toBe(0.5));

test.each([{}, { ...TOOLS, templates: ["stop"] }, { tools: { zoom: { box: "box" } } }, { templates: [] }, { ...TOOLS, none: 2 }])(
  "%j is refused",
  (options) => expect(actionValidity.options!.safeParse(options).success).toBe(false),
);
