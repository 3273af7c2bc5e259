import { expect, test } from "vitest";
import { advantages } from "../trainers/advantages/index.ts";
import { aggregations } from "../trainers/aggregation/index.ts";
import { klEstimators } from "../trainers/kl/estimators.ts";
import { policyLosses } from "../trainers/losses/index.ts";
import { read } from "./sources.ts";

const page = read("docs/algorithms.md");

/** Names in the first column of the table below a heading. */
function rowsUnder(heading: string): string[] {
  const part = page.split(/^## /m).find((section) => section.startsWith(`${heading}\n`))!;
  return [...part.matchAll(/^\| `([^`]+)` +\|/gm)].map((match) => match[1]!);
}

test.each([
  ["Losses", policyLosses],
  ["Advantages", advantages],
  ["Aggregation", aggregations],
  ["KL estimators", klEstimators],
])("docs/algorithms.md has a row for each of the %s", (heading, { names }) => {
  expect(rowsUnder(heading)).toEqual(names);
});

test("with the source that the code names", () => {
  for (const { source } of [...policyLosses.entries, ...advantages.entries, ...aggregations.entries]) expect(page).toContain(source);
});
