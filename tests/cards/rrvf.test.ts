/** RRVF (arXiv:2507.20766): a drawing is rendered, compared and refined. Weights 0.8, 0.2, 1.0; two drafts are paid. */
import { describe, expect, test } from "vitest";
import type { Picture } from "../../core/types.ts";
import { composed } from "../composed.ts";

const look = "language: svg, metric: l1, side: 100";
const rewards = composed(`
- { name: drawing_similarity, as: similarity, weight: 0.8, options: { tag: answer, ${look} } }
- { name: render_format, as: form, weight: 0.2 }
- { name: render_tool_use, as: tool, options: { cap: 2, early_stop: 0.95, ${look} } }`);

/** 100 x 100, black down to the given line, white below. */
function black(lines: number): Picture {
  return { width: 100, height: 100, data: Uint8Array.from({ length: 30_000 }, (_, i) => (i < lines * 300 ? 0 : 255)) };
}
const svg = (lines: number) =>
  `<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'><rect width='100' height='${lines}' fill='black'/></svg>`;
const call = (code: string) =>
  `<think>x</think><tool_call>${JSON.stringify({ name: "render_and_compare_tool", arguments: { code } })}</tool_call>`;
const answer = (code: string) => `<think>y</think><answer>${code}</answer>`;
const seen = "<tool_response>the bar is too short</tool_response>";
const source = { image: black(50) };

test.each([
  ["point 1: one draft, likeness 0.70", `${call(svg(10))}${seen}${answer(svg(20))}`, 0.8 * 0.7 + 0.2 + 0.5], // 1.26
  ["point 2: the answer can't be rendered", `${call(svg(10))}${seen}${answer("<svg")}`, 0.5],
  ["point 3: none, likeness 0.97 at once", answer(svg(47)), 0.8 * 0.97 + 0.2 + 1], // 1.976
  ["point 3: none, likeness 0.90", answer(svg(40)), 0.8 * 0.9 + 0.2], // 0.92
  ["more drafts than two are worth no more", `${`${call(svg(10))}${seen}`.repeat(3)}${answer(svg(20))}`, 0.56 + 0.2 + 1],
  ["a draft that can't be rendered is none", `${call("<svg")}${seen}${answer(svg(20))}`, 0.56 + 0.2],
])("%s", async (_, completion, expected) => {
  expect((await rewards(completion, source)).reward).toBeCloseTo(expected, 6);
});

test("point 4: 4 of 16 cells are wrong", async () => {
  const cells: Picture = { width: 4, height: 4, data: new Uint8Array(48).fill(255) };
  const drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='1' fill='black'/></svg>";
  const { reward } = await composed("[{ name: drawing_similarity, options: { metric: l1 } }]")(drawing, { image: cells });
  expect(reward).toBeCloseTo(0.75, 12);
});

describe("point 5: turns", () => {
  const named = (name: string, argument: string) =>
    composed(`[{ name: render_tool_use, options: { tool: ${name}, argument: ${argument}, ${look} } }]`);
  test("a call by the paper's name and argument is one draft", async () => {
    const tool = { name: "html_render_and_compare_tool", arguments: { html_code: svg(10) } };
    const text = `<think>x</think><tool_call>${JSON.stringify(tool)}</tool_call>${seen}${answer(svg(20))}`;
    expect((await named("html_render_and_compare_tool", "html_code")(text, source)).metrics.drawn).toBe(1);
  });

  test.each([
    ["broken JSON", "<think>x</think><tool_call>{</tool_call>"],
    ["two actions in a turn", `${call(svg(10))}<answer>x</answer>`],
    ["no thought", call(svg(10)).replace("<think>x</think>", "")],
  ])("%s is a malformed turn, not a crash", async (_, turn) => {
    const { parts } = await rewards(`${turn}${seen}${answer(svg(20))}`, source);
    expect(parts.form).toBe(0);
    expect(parts.tool).toBe(0);
    expect(parts.similarity).toBeCloseTo(0.7, 6);
  });
});
