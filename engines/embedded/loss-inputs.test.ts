import { expect, test } from "vitest";
import type { TrainRow } from "../engine.ts";
import { input, sum } from "../graph/build.ts";
import { differentiate } from "../graph/differentiate.ts";
import { runReference } from "../reference/run.ts";
import { lossFeeds, lossTensors, type Span } from "./loss-inputs.ts";

/** Two rows of one and two completions; the third token of the first is masked, and its last is another turn. */
const row = (...masks: number[][]): TrainRow => ({
  prompt: { tokens: Int32Array.of(0), pixels: null },
  completions: masks.map((mask) => ({
    tokens: new Int32Array(mask.length),
    fields: { mask: Float32Array.from(mask), ...(mask.length === 4 ? { turns: Float32Array.of(0, 0, 0, 1) } : {}) },
  })),
});
const rows = [row([1, 1, 0, 1]), row([1], [1, 1])];
const places = rows.flatMap(({ completions }, row) =>
  completions.flatMap(({ tokens }, member) => Array.from(tokens, (_, token) => ({ row, member, token }))),
);
const PADDING = 2;
const count = places.length + PADDING;

test.each([
  ["sequence", [1 + 2 + 8, 1 + 2 + 8, 1 + 2 + 8, 1 + 2 + 8, 16, 32 + 64, 32 + 64]],
  ["turn", [1 + 2, 1 + 2, 1 + 2, 8, 16, 32 + 64, 32 + 64]],
  ["row", [1 + 2 + 8, 1 + 2 + 8, 1 + 2 + 8, 1 + 2 + 8, 16 + 32 + 64, 16 + 32 + 64, 16 + 32 + 64]],
] as [Span, number[]][])("sums over a %s are of its own tokens of mask 1, in any order of the targets", (span, expected) => {
  const x = input("x", [count]);
  const spread = lossTensors(x, () => x).sumOver(span, x);
  for (const order of [places, [...places].reverse()]) {
    const at = (values: number[]) => order.map((place) => values[places.indexOf(place)]!);
    const feeds = lossFeeds(["field:mask", `span:${span}`], rows, order, count);
    const outputs = { spread, gradient: differentiate(sum(spread), [x])[0]! };
    const found = runReference(outputs, { ...feeds, x: [...at([1, 2, 4, 8, 16, 32, 64]), 1000, 2000] });
    // what is padded belongs to nobody
    expect([...found.spread]).toEqual([...at(expected), 0, 0]);
    // a token's value is seen by every token of its span; a masked one's by none
    const seen = places.map((place) => {
      const own = expected[places.indexOf(place)]!;
      return rows[place.row]!.completions[place.member]!.fields.mask![place.token] === 0
        ? 0
        : expected.filter((value) => value === own).length;
    });
    expect([...found.gradient].slice(0, places.length)).toEqual(at(seen));
  }
});

test("a field that a completion lacks is named", () => {
  expect(() => lossFeeds(["field:advantages"], rows, places, count)).toThrow('the loss reads "advantages", which a completion lacks');
});
