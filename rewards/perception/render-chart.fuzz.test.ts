import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { scored } from "../../tests/scored.ts";
import { drawingSimilarity } from "./drawing-similarity.ts";

const MARKS = ["bar", "line", "point", "area", "rect", "tick", "arc", "rule", "text", "square"];
const TYPES = ["quantitative", "nominal", "ordinal", "temporal"];
const VALUES = [3, -1e308, 1e308, 0, null, "x", "", "2020-01-01", true, 1e-300];
const target = { width: 16, height: 16, data: new Uint8Array(768).fill(255) };

test("charts of random marks, types and values are drawn or refused, and nothing else", async () => {
  const random = new Random(13);
  const pick = <T>(items: readonly T[]): T => items[random.integer(0, items.length - 1)]!;
  const channel = () => ({
    field: pick(["a", "b", "c"]),
    type: pick(TYPES),
    ...pick([{}, { aggregate: "mean" }, { bin: true }, { scale: { type: pick(["log", "linear"]) } }, { stack: "normalize" }]),
  });
  let drawn = 0;
  for (let i = 0; i < 150; i++) {
    const values = Array.from({ length: random.integer(0, 6) }, () => ({ a: pick(VALUES), b: pick(VALUES) }));
    const spec = { data: { values }, mark: pick(MARKS), encoding: { x: channel(), y: channel(), color: channel() } };
    const started = performance.now();
    const found = await scored(drawingSimilarity, JSON.stringify(spec), target, { language: "chart" });
    expect(performance.now() - started).toBeLessThan(4000);
    expect(found.score).toBeGreaterThanOrEqual(0);
    expect(found.score).toBeLessThanOrEqual(1);
    drawn += found.metrics.rendered!;
  }
  expect(drawn).toBeGreaterThan(50);
});
