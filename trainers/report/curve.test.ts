import { expect, test } from "vitest";
import { curveSvg, smooth, ticksFor } from "./curve.ts";
import type { MetricsRow } from "./metrics.ts";

test.each<[number, number, number, number[]]>([
  [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0, 0.3, 5, [0, 0.1, 0.2, 0.3]], // raw 0.06, the next of 1, 2, 5 is 0.1
  [-0.7, 2.1, 5, [-1, 0, 1, 2, 3]], // raw 0.56
  [0, 900, 8, [0, 200, 400, 600, 800, 1000]], // raw 112.5
  [3, 3, 5, [3, 4]],
  [0, 0, 5, [0, 0.2]],
])("ticks from %d to %d, about %i", (low, high, count, expected) => expect(ticksFor(low, high, count)).toEqual(expected));

test("a smoothed series starts at its first value", () => {
  // span 3: each weighs half as much as the next one; 2 = (1/4 * 4 + 1/2 * 1) / (3/4)
  expect(smooth([4, 1, 8], 3)).toEqual([4, 2, (0.5 * 8 + 0.25 * 1 + 0.125 * 4) / 0.875]);
  expect(smooth([4, 1, 8], 1)).toEqual([4, 1, 8]);
  expect(smooth([], 3)).toEqual([]);
});

const rows: MetricsRow[] = [
  { stage: "cold", step: 1, total_step: 1, loss: 2 },
  { stage: "cold", step: 2, total_step: 2, loss: 1 },
  { stage: "cold", step: 2, total_step: 2, eval_accuracy: 0.5, eval_accuracy_low: 0.4, eval_accuracy_high: 0.6 },
  { stage: "rl", step: 1, total_step: 3, reward: 0.5 },
  { stage: "rl", step: 2, total_step: 4, reward: null },
  { stage: "rl", step: 3, total_step: 5, reward: 1 },
];

const count = (svg: string, what: RegExp) => svg.match(what)?.length ?? 0;

test("points are where their numbers say", () => {
  const svg = curveSvg(rows, { title: "a < b & c", width: 564 });
  // The x axis runs from 64 to 540 over 5 steps, the upper panel from 256 (0) up to 56 (1): 0.5 is at 156.
  expect(svg).toContain('<circle cx="349.6" cy="156" r="2"'); // step 3: 64 + 3 * 95.2
  expect(svg).toContain('<circle cx="540" cy="56" r="2"');
  // The lower panel from 492 up to 292; accuracy 0.5 at step 2, its interval 0.4 to 0.6.
  expect(svg).toContain('<circle cx="254.4" cy="392" r="3.5"');
  expect(svg).toContain('<line x1="254.4" y1="412" x2="254.4" y2="372"');
  // One boundary, at the end of the first stage.
  expect(count(svg, /stroke-dasharray/g)).toBe(1);
  expect(svg).toContain('<line x1="254.4" y1="48" x2="254.4" y2="492" stroke="#8c959f" stroke-dasharray');
  expect(svg).toContain("a &lt; b &amp; c");
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test("without rewards the upper panel is the loss", () => {
  const svg = curveSvg(rows.slice(0, 2));
  expect(svg).toContain("training loss");
  expect(svg).not.toContain("held-out");
  expect(count(svg, /<circle/g)).toBe(2);
});

test("a run without a step has a picture too", () => {
  const svg = curveSvg([]);
  expect(svg).toContain("no steps yet");
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test("labels that would lie over one another are left out, the last one never", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ stage: "rl", step: i, total_step: i, eval_accuracy: i / 1000 }));
  const svg = curveSvg(many);
  const labels = svg.match(/>0\.\d{3}</g)!;
  expect(labels.length).toBeLessThan(21); // 872 pixels for 44 each
  expect(labels).toContain(">0.099<");
});

test("sharp can draw it", async () => {
  const { default: sharp } = await import("sharp");
  const { width, height } = await sharp(Buffer.from(curveSvg(rows))).metadata();
  expect([width, height]).toEqual([960, 536]); // 56 + 2 * 200 + 36 + 44
});
