import { expect, test } from "vitest";
import { lastTag, parseBox, parseBoxes, parseLastBox, parseTrace, plainNumber, wholeNumber } from "./parse.ts";

test.each([
  ["<answer>15</answer>", "15"],
  ["<answer>1</answer> no <answer> 2 </answer>", " 2 "],
  ["<answer>1</answer><answer>2", "1"], // the second never ends
  ["<answer>1<answer>2</answer></answer>", "2"], // nested: the inner one
  ["<answer></answer>", ""],
  ["</answer>3<answer>", null],
  ["<ANSWER>3</ANSWER>", null],
  ["", null],
])("the last answer in %j is %j", (text, expected) => {
  expect(lastTag(text, "answer")).toBe(expected);
});

test.each([
  ["15", "15"],
  [" 015 ", "15"],
  ["+15", "15"],
  ["-0", "0"],
  ["-007.50", "-7.5"],
  ["15.0", "15"],
  ["000", "0"],
  ["12345678901234567890", "12345678901234567890"], // beyond what a double holds
  ["", null],
  ["NaN", null],
  ["Infinity", null],
  ["1e1", null],
  ["0x10", null],
  [".5", null],
  ["5.", null],
  ["1,000", null],
  ["1 5", null],
  ["--5", null],
  ["١٥", null], // Arabic-Indic
  ["\uff11\uff15", null], // full width
])("plain number of %j is %j", (text, expected) => {
  expect(plainNumber(text)).toBe(expected);
});

test.each([
  ["7", 7],
  [" 007\n", 7],
  ["", null],
  ["-7", null],
  ["7.0", null],
  ["٧", null],
])("whole number of %j is %j", (text, expected) => {
  expect(wholeNumber(text)).toBe(expected);
});

test.each([
  ["4,10,16,22", [4, 10, 16, 22]],
  [" 4 , 10.5 ,\n16, 22 ", [4, 10.5, 16, 22]],
  [",,10,10", null], // blanks are not zeros
  ["NaN,0,10,10", null],
  ["0,0,1e3,10", null],
  ["10,10,0,0", null], // corners swapped
  ["0,0,0,10", null], // no width
  ["0,0,10", null],
  ["0,0,10,10,10", null],
  [`0,0,${"9".repeat(400)},10`, null], // infinite
])("box of %j is %j", (text, expected) => {
  expect(parseBox(text)).toEqual(expected);
});

test("every opened box counts", () => {
  expect(parseBoxes("<box>0,0,1,1</box> <box>x</box><box><box> 1,1,2,2 </box></box><box>3,3,4,4")).toEqual({
    count: 5,
    boxes: [[0, 0, 1, 1], null, null, [1, 1, 2, 2], null],
    places: [
      [0, 18],
      [19, 31],
      [31, 36],
      [36, 56],
      [62, 67],
    ],
  });
  expect(parseBoxes("<box>0,0,1,1</box>".repeat(5), 2)).toEqual({
    count: 5,
    boxes: Array(2).fill([0, 0, 1, 1]),
    places: [
      [0, 18],
      [18, 36],
    ],
  });
  expect(parseBoxes("4,10,16,22")).toEqual({ count: 0, boxes: [], places: [] });
});

test.each([
  ["<box>0,0,1,1</box><box>2,2,3,3</box> done", [2, 2, 3, 3]],
  ["<box>0,0,1,1</box><box>2,2", null], // the last one is cut off
  ["none", null],
])("the last box of %j is %j", (text, expected) => {
  expect(parseLastBox(text)).toEqual(expected);
});

const sum = (a: number, b: number, c: number) => ({ a, b, c });

test("readings and sums of a trace", () => {
  const text = "<think>3<box>4,10,16,22</box>7<box>18,2,30,14</box>5<box>1,1,9,9</box>3+7=10;10+5=15</think><answer>15</answer>";
  expect(parseTrace(text)).toMatchObject({ readings: [3, 7, 5], sums: [sum(3, 7, 10), sum(10, 5, 15)] });
  const spaced = "<think> 3 <box> 4, 10, 16, 22 </box>\n07 <box>18,2,30,14</box> so 3 + 7 = 10. </think>";
  expect(parseTrace(spaced)).toMatchObject({ readings: [3, 7], sums: [sum(3, 7, 10)] });
});

test.each([
  ["<box>0,0,1,1</box><box>0,0,1,1</box>", { readings: [null, null], sums: [] }], // no number before either
  ["x3<box>", { readings: [null], sums: [] }],
  ["1.3<box></box>", { readings: [null], sums: [] }],
  ["3 7<box></box>", { readings: [7], sums: [] }],
  ["3+7=10+5=15", { readings: [], sums: [null, null] }], // a chain is no partial sum
  ["1+2+3=6", { readings: [], sums: [null] }],
  ["3+7=10e5", { readings: [], sums: [null] }],
  ["3+7=1.0", { readings: [], sums: [null] }],
  ["3+=10", { readings: [], sums: [null] }],
  ["3+7=", { readings: [], sums: [null] }],
  ["=", { readings: [], sums: [null] }],
  ["٣+٧=١٠", { readings: [], sums: [null] }],
  ["", { readings: [], sums: [] }],
])("trace of %j", (text, expected) => {
  expect(parseTrace(text)).toMatchObject(expected);
});
