import { expect, test } from "vitest";
import { ActionTemplate, actionReader } from "./action-template.ts";

test.each([
  ["choose frames between {int} and {int}", "Choose  frames between 2200 and 2400 ", ["2200", "2400"]],
  ["choose frames between {int} and {int}", "choose frames between 2200 and", null],
  ["choose frames between {int} and {int}", "choose frames between 2200 and 2400 or so", null],
  ["at {time}", "at 01:30", ["01:30"]],
  ["at {time}", "at 61:75", null],
  ["say: {any}", "say: a (b)\nc", ["a (b)\nc"]],
  ["say: {any}", "say: ", null],
  ["zoom({number}, {number})", "zoom(0.5, -2)", ["0.5", "-2"]],
  ["go {word}", "go north", ["north"]],
  ["go {word}", "go north east", null],
  ["stop", "stop", []],
  ["a.b", "axb", null], // a dot is a dot
  ["say {any}", `say ${"x".repeat(2000)}`, null], // too long
])("%j reads %j as %j", (template, text, expected) => {
  expect(ActionTemplate.parse(template)).toBe(template);
  expect(actionReader(template)(text)).toEqual(expected);
});

test.each([
  ["go {where}", "no slot is called {where}; there are {int}, {number}, {time}, {word}, {any}"],
  ["{int}{int}", "two slots need a space or a mark between them"],
  ["say {any} to {word}", "{any} comes last"],
  [" ", "expected text that is not blank"],
])("%j is refused", (template, message) => {
  expect(ActionTemplate.safeParse(template).error?.issues.map((issue) => issue.message)).toContain(message);
});
