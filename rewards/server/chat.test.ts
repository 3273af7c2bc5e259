import { expect, test } from "vitest";
import { toolUses } from "../tools.ts";
import { episode } from "../turns.ts";
import { Chat, chatTurns } from "./chat.ts";

const call = (given: unknown) => ({ type: "function", function: { name: "zoom", arguments: given } });

test("a chat with tools is a trajectory: who wrote what, and each call with its answer", () => {
  const chat = Chat.parse([
    { role: "assistant", content: "look", tool_calls: [call({ x: 1 }), call('{"x":2}')] },
    { role: "tool", name: "zoom", content: "picture" },
    { role: "tool", name: "zoom", content: [{ type: "text", text: "Error: no" }, { type: "image" }] },
    { role: "system", content: "hurry" },
    { role: "assistant", content: "done", tool_calls: null },
  ]);
  const { completion, turns } = episode(chatTurns(chat));
  expect(turns.map(({ role }) => role)).toEqual(["policy", "observation", "observation", "context", "policy"]);
  expect(completion.endsWith("picture\nError: no\nhurry\ndone")).toBe(true);
  expect(toolUses(turns).map(({ name, arguments: given, observation }) => [name, given, observation?.failed])).toEqual([
    ["zoom", { x: 1 }, false],
    ["zoom", { x: 2 }, true],
  ]);
});

test.each([[null], [{ function: 7 }], [{ function: { name: "zoom", arguments: "{" } }]])(
  "a call of %j can't be read, and is counted",
  (bad) => {
    const turns = episode(chatTurns([{ role: "assistant", content: null, tool_calls: [bad] }])).turns;
    expect(toolUses(turns)).toMatchObject([{ name: null, arguments: null }]);
  },
);
