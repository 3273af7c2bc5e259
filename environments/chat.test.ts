import { expect, test } from "vitest";
import { resolveEnvironment } from "./index.ts";

const chat = resolveEnvironment({ name: "chat" });
const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const text = (text: string) => ({ type: "text", text });

test("the prompt is everything before the last answer", () => {
  const messages = [{ role: "system", content: "short" }, user("1?"), assistant("one"), user("2?"), assistant("two")];
  expect(chat.check({ messages })).toEqual([]);
  const prompt = chat.start({ messages });
  expect(prompt.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  expect(prompt[3]!.content).toEqual([text("2?")]);
  expect(chat.start({ messages: messages.slice(0, 4) })).toEqual(prompt);
});

test("a picture stands at its part, or in front of what the first user says", () => {
  const shown = { type: "image", image };
  const where = (content: unknown) => chat.start({ messages: [user(content)], image })[0]!.content;
  expect(where("what?")).toEqual([shown, text("what?")]);
  expect(where([text("look: "), { type: "image" }, text("what?")])).toEqual([text("look: "), shown, text("what?")]);
});

test("rows of preferences have a prompt: messages, or what a user says", () => {
  expect(chat.start({ prompt: "1?" })).toEqual([{ role: "user", content: [text("1?")] }]);
  expect(chat.start({ prompt: [user("1?")], chosen: "one" })).toEqual([{ role: "user", content: [text("1?")] }]);
  expect(chat.check({ prompt: "1?", messages: [user("1?")] })).toEqual(["messages: expected messages or, in its place, a prompt"]);
});

test.each([
  ["no user", { messages: [assistant("x")] }],
  ["two places", { messages: [user([{ type: "image" }, { type: "image" }])], image }],
  ["a place without a picture", { messages: [user([{ type: "image" }])] }],
  ["another role", { messages: [{ role: "tool", content: "x" }] }],
  ["what would be left out", { messages: [{ ...user("x"), tool_calls: [] }] }],
  ["no messages", { question: "x" }],
])("refuses %s", (_, fields) => {
  expect(chat.check(fields)).toHaveLength(1);
});
