import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { rewards } from "../index.ts";
import { allFacts, optionLines, targetText } from "./facts.ts";
import { definitionsIn, firstSentence, sourceOf } from "./source.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test("every reward has a file that is there, and a line", async () => {
  const facts = await allFacts();
  expect(facts.map(({ name }) => name)).toEqual(rewards.names);
  expect(facts.filter(({ file }) => !existsSync(join(ROOT, file)) || file === "").map(({ name }) => name)).toEqual([]);
  expect(facts.filter(({ line }) => line === "").map(({ name }) => name)).toEqual([]);
});

test("facts of one reward", async () => {
  const [box] = (await allFacts(["box_overlap"]))!;
  expect(box).toMatchObject({
    family: "perception",
    field: "box",
    scope: "completion",
    version: 1,
    file: "rewards/perception/box-overlap.ts",
  });
  expect(box!.line).toBe("Overlap of one written box with the target box, in any convention of coordinates");
  const [form] = await allFacts(["tag_format"]);
  expect(form).toMatchObject({ family: "shaping", field: null, range: [0, 1] });
});

test("words filter, all of them and in any case", async () => {
  expect((await allFacts(["JUDGED", "binary"])).map(({ name }) => name)).toEqual(["judge_binary"]);
  expect(await allFacts(["no such thing"])).toEqual([]);
});

test("schemas as text", () => {
  expect(targetText(rewards.get("letters_only"))).toBe("text /^[A-Za-z]$/");
  expect(targetText(rewards.get("box_overlap"))).toBe("[number, number, number, number]");
  const lines = optionLines(rewards.get("soft_overlong"));
  expect(lines.find(({ name }) => name === "form")).toMatchObject({
    type: '"trl" | "verl" | "ms_swift"',
    fallback: '"trl"',
    required: false,
  });
  expect(lines.find(({ name }) => name === "max_tokens")).toMatchObject({ required: true });
  expect(optionLines(rewards.get("soft_iou"))[0]).toMatchObject({ name: "tau", type: "number > 0, <= 1" });
  expect(optionLines(rewards.get("answer"))).toEqual([]);
});

test("comments are those of the definition", () => {
  const text =
    '/** One. Two. */\nexport const a = defineReward({\n  name: "a",\n});\n/** other */\nconst x = 1;\nexport const b = defineReward({ name: "b" });\n';
  expect(definitionsIn(text)).toEqual([
    ["a", "One. Two."],
    ["b", ""],
  ]);
  expect(sourceOf("It is.\nMore. Source: a paper,\nand its code.\n\nRest")).toBe("a paper, and its code.");
  expect(sourceOf("It is.")).toBeNull();
  expect(firstSentence("It is 0.5 of\nall. More.\n\nRest")).toBe("It is 0.5 of all");
});
