/** PeBR-R1 (arXiv:2509.13031): a stage of perception, then one of reasoning. Numbers are those of the paper's formulas, worked by hand. */
import { describe, expect, test } from "vitest";
import { composed } from "../composed.ts";

const HEADINGS = `{ name: contains, as: headings, weight: 0.1, options: { texts: ["### Image Description:", "### Rationales:", "### Step 1:", "### The final answer is:"] } }`;

const perception = composed(`
- { name: description_similarity, weight: 0.4 }
- { name: contains, as: key_words, weight: 0.4, options: { credit: share } }
- ${HEADINGS}
- { name: length_soft_cap, weight: 0.1 }
- { name: math, as: answer, log_only: true, options: { extract: [{ marker: "### The final answer is:" }, whole] } }`);

const reasoning = composed(`
- { name: math, as: answer, weight: 0.9, options: { extract: [{ marker: "### The final answer is:" }, whole] } }
- ${HEADINGS}`);

const reply = (description: string, answer: string, step = "### Step 1: look") =>
  `### Image Description:\n${description}\n### Rationales:\nx\n### Let's think step by step.\n${step}\n### The final answer is: ${answer}`;

describe("perception", () => {
  // 20 words of which 3 are the scene's 5: 3 / sqrt(20 * 5) = 0.3
  const twenty = `red cube floor ${Array.from({ length: 17 }, (_, i) => `w${i}`).join(" ")}`;
  const row = { attributes: ["red", "cube", "floor", "window", "door"], key_word: ["red", "CUBE", "door"], answer: "4" };

  test("point 1: cosine 0.3, two of three key words, all headings, 640 tokens", async () => {
    const { reward, parts } = await perception(reply(twenty, "4"), row, { tokens: 640 });
    expect(parts.description_similarity).toBeCloseTo(0.75, 12); // 0.3 / 0.4
    expect(parts.key_words).toBeCloseTo(2 / 3, 12);
    expect(parts.length_soft_cap).toBeCloseTo(0.8, 7); // 512 / 640.00001
    expect(reward).toBeCloseTo(0.3 + 0.26667 + 0.1 + 0.08, 4); // 0.7467
  });

  test("point 1: a cosine above 0.4 is worth 1", async () => {
    // 4 words, all the scene's: 4 / sqrt(4 * 5) = 0.894
    expect((await perception(reply("red cube floor window", "4"), row)).parts.description_similarity).toBe(1);
  });

  test("point 2: no key words, cosine 0.4, all headings, 100 tokens: 0.4 + 0 + 0.1 + 0.1", async () => {
    // 5 words, 2 of the scene's 5: 2 / 5
    const { reward } = await perception(reply("red cube a b c", "4"), { ...row, key_word: [] }, { tokens: 100 });
    expect(reward).toBeCloseTo(0.6, 12);
  });

  test("a wrong answer costs nothing here, it is only logged", async () => {
    const [right, wrong] = await Promise.all(["4", "5"].map((answer) => perception(reply("red cube a b c", answer), row)));
    expect([right!.parts.answer, wrong!.parts.answer]).toEqual([1, 0]);
    expect(wrong!.reward).toBe(right!.reward);
  });
});

describe("reasoning", () => {
  test.each([
    ["point 3: right without Step 1", reply("x", "12", ""), "12", 0.9],
    ["point 3: wrong with all headings", reply("x", "13"), "12", 0.1],
    ["right with all headings", reply("x", "12"), "12", 1],
    ["point 5: the line of the answer, unit and all", reply("x", "12 cm"), "12 cm", 1],
    ["point 5: the line ends the answer", `${reply("x", "12")}\nno, 13`, "12", 1],
    ["point 5: no line, the whole response is graded", "12", "12", 0.9],
    ["point 5: a fraction written with blanks", reply("x", "1 / 2"), "1/2", 1],
    ["point 5: the heading in other letters is none", "### the final answer is: 12", "12", 0],
  ])("%s", async (_, completion, answer, expected) => {
    expect((await reasoning(completion, { answer })).reward).toBeCloseTo(expected, 12);
  });

  test("point 3: without Step 1 both stages lose the format's 0.1", async () => {
    const row = { attributes: ["x"], key_word: ["x"], answer: "12" };
    const [whole, lacking] = await Promise.all([reply("x", "12"), reply("x", "12", "")].map((text) => perception(text, row)));
    expect(whole!.reward! - lacking!.reward!).toBeCloseTo(0.1, 12);
    expect(lacking!.parts.headings).toBe(0);
  });
});
