import { describe, expect, test } from "vitest";
import { waysOf } from "./honest.ts";
import { othersOf, policies, type Seen } from "./policies.ts";
import { shellsOf } from "./shells.ts";
import { digitsIn, lookAlikes } from "./tricks.ts";
import { boxSpellings, sameAnswer, spellings, wrongAnswers } from "./values.ts";

describe("values", () => {
  test.each<[unknown, string]>([
    ["15", "15"],
    [7, "7"],
    [true, "true"],
    [[1, 2, 3, 4], "<box>1,2,3,4</box>"],
    [[10, 20], "(10, 20)"],
    [["a", "b"], "a\nb"],
    [
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      "<box>1,2,3,4</box><box>5,6,7,8</box>",
    ],
    [[{ digit: 3, box: [1, 2, 3, 4] }], "3<box>1,2,3,4</box>"],
  ])("%j is first written %s", (value, text) => {
    expect(spellings(value)[0]).toBe(text);
  });

  test("what has no text has no spelling", () => {
    expect([null, undefined, "", new Uint8Array(3)].flatMap(spellings)).toEqual([]);
  });

  test.each([["15"], ["0"], [7], ["B"], ["yes"], ["the red door"], [[1, 2, 3, 4]]])("wrong answers to %j hold no trace of it", (value) => {
    const right = spellings(value)[0]!;
    const wrong = wrongAnswers(value, ["the blue door", right]);
    expect(wrong.length).toBeGreaterThanOrEqual(2);
    expect(wrong.filter((one) => one.includes(right))).toEqual([]);
  });

  test("a wrong box is written as the right one is", () => {
    expect(wrongAnswers([1, 2, 3, 4], [], 1)[0]).toBe(boxSpellings([[0, 0, 1, 1]])[1]);
  });

  test("equal by value or by text", () => {
    expect(sameAnswer("015", "15.0")).toBe(true);
    expect(sameAnswer(" Yes", "yes ")).toBe(true);
    expect(sameAnswer("15", "15 apples")).toBe(false);
  });
});

test("look-alikes differ from the text in every character that they replace", () => {
  expect(lookAlikes("15")).toEqual(["１５", "١٥", "¹⁵", null, "1\u200b5"]);
  expect(lookAlikes("B")).toEqual(["Ｂ", null, null, "В", null]);
});

test("other bases, of whole numbers alone", () => {
  expect(digitsIn("15")).toEqual(["0xf", "0b1111", "0o17"]);
  expect(digitsIn("1.5")).toEqual([null, null, null]);
  expect(digitsIn("0")).toEqual([null, null, null]);
});

describe("ways", () => {
  const row = { id: "a", fields: { answer: "7", box: [1, 2, 3, 4], trace: "<think>7 is 7</think><answer>7</answer>" } };
  const ways = waysOf(["answer", "box"], ["trace"], shellsOf([]));

  test("a whole response is taken as it is, and its last right answer replaced", () => {
    const [way] = ways;
    expect(way!.write(row)).toBe(row.fields.trace);
    expect(way!.write(row, ["8"])).toBe("<think>7 is 7</think><answer>8</answer>");
    expect(way!.write({ id: "b", fields: { answer: "9", trace: "no such number" } }, ["8"])).toBeNull();
  });

  test("each field as the answer, the others in the thought", () => {
    const written = ways.flatMap((way) => way.write(row) ?? []);
    expect(written).toContain("<think>I look closely before I answer.\n<box>1,2,3,4</box></think><answer>7</answer>");
    expect(written).toContain("<answer><box>1,2,3,4</box></answer>");
  });

  test("tags that the recipe asks for", () => {
    const [shell] = shellsOf([{ name: "tag_format", options: { tags: ["observe", "think", "answer"] } } as never]);
    expect(shell!.write("t", ["7"])).toBe("<observe>t</observe><think>t</think><answer>7</answer>");
  });
});

describe("policies", () => {
  const seen: Seen = {
    example: { id: "a", fields: { question: "How many?", answer: "7" } },
    other: null,
    question: "How many?",
    value: "7",
    single: true,
    right: "7",
    wrong: ["1144", "1281", "1418"],
    all: ["7", "12"],
    write: (answers) => answers.map((one) => `<answer>${one}</answer>`).join(""),
    honestOf: () => null,
  };
  const play = (name: string, change: Partial<Seen> = {}) => policies.find((one) => one.name === name)!.play({ ...seen, ...change });

  test("constants leave out what is right by luck", () => {
    expect(play("constant")).not.toContain("<answer>7</answer>");
    expect(play("constant", { right: "8" })).toContain("<answer>7</answer>");
    // strategies keep their places, so that each is followed over all rows
    expect(play("constant")).toHaveLength(play("constant", { right: "8" }).length);
  });

  test("several answers never end with the right one", () => {
    for (const one of play("several")) expect(one!.trimEnd().endsWith("7</answer>") || one!.trimEnd().endsWith("\n7")).toBe(false);
  });

  test("blanks as zeros are for rows whose answer is 0, and other blanks for the rest", () => {
    expect(play("blank_as_zero")).toEqual([null]);
    expect(play("blank", { value: "0" })).toEqual([null]);
    expect(play("blank_as_zero", { value: "0", right: "0" })).toContain("<answer></answer>");
  });

  test("of several boxes one is read: hedging is no cheating there", () => {
    const box = { value: [1, 2, 3, 4], single: false, right: "<box>1,2,3,4</box>" };
    for (const name of ["hedged", "several", "contained", "look_alike"]) expect(play(name, box).filter((one) => one !== null)).toEqual([]);
    expect(play("every_box", box)).toContain("<answer><box>0,0,1000,1000</box></answer>");
  });

  test("another row is one of another answer", () => {
    const rows = ["7", "7", "9"].map((answer, i) => ({ id: String(i), fields: { answer } }));
    expect(othersOf(rows[0]!, "answer", rows).map(({ id }) => id)).toEqual(["2"]);
    expect(othersOf(rows[2]!, "answer", rows).map(({ id }) => id)).toEqual(["0", "1"]);
  });
});
