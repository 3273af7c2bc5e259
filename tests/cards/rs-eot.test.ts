/** RS-EoT (arXiv:2511.22396): grounding above chance, then options of which several are true. */
import { describe, expect, test } from "vitest";
import { composed } from "../composed.ts";

const grounding = composed(`
- { name: iou_shortcut_adjusted, weight: 0.9, options: { expectation: 0.1 } }
- { name: bbox_key_format, weight: 0.1 }`);

const options = composed(`
- { name: multi_select, weight: 0.9 }
- { name: think_format, weight: 0.1 }`);

describe("grounding, E = 0.1", () => {
  const box = [200, 100, 400, 300];
  test.each([
    // overlap 100 * 200 = 20000, union 40000 + 40000 - 20000: IoU 1/3, (1/3 - 0.1) / 0.9 = 0.259259
    ["point 1: a third of overlap", '<think>a</think>\n{"bbox":[100,100,300,300]}', 0.9 * 0.259259 + 0.1], // 0.333333
    ["point 2: the same box without its key", "<think>a</think>\n[100,100,300,300]", 0.9 * 0.259259 + 0.1 * 0.25], // 0.258333
    ["point 2: no overlap, proper form", '<think>a</think>\n{"bbox":[500,500,600,600]}', 0], // 0.9 * -0.1 / 0.9 + 0.1
    ["point 2: no end of the thinking", '{"bbox":[100,100,300,300]}', -0.1],
    ["point 3: a box inside the thinking alone", "<think>bbox:[100,100,300,300]</think> there", -0.075], // -0.1 + 0.1 * 0.25
  ])("%s", async (_, completion, expected) => {
    expect((await grounding(completion, { box })).reward).toBeCloseTo(expected, 5);
  });
});

describe("options", () => {
  const row = { options: Array.from("abcdefgh"), labels: [0, 3, 5] };
  const answer = (text: string) => options(`<think>x</think><answer>${text}</answer>`, row);
  test.each([
    ["two right, one taken for another", "[0, 3, 6]", 0.75], // options 5 and 6 are wrong: 1 - 2/8
    ["nothing selected", "[]", 0.625], // 1 - 3/8
    ["all selected", "[0,1,2,3,4,5,6,7]", 0.375], // 1 - 5/8
    ["exactly the true ones", "A, D and F", 1],
  ])("point 4: %s", async (_, text, share) => {
    const { reward, parts } = await answer(text);
    expect(parts.multi_select).toBeCloseTo(share, 12);
    expect(reward).toBeCloseTo(0.9 * share + 0.1, 12);
  });

  test("point 4: what can't be read is not nothing selected", async () => {
    expect((await answer("perhaps some of them")).reward).toBeCloseTo(0.1, 12);
    expect((await options("<think>x</think> none", row)).reward).toBeCloseTo(0.1, 12);
  });
});
