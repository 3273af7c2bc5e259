import { expect, test } from "vitest";
import { z } from "zod";
import { scored, weighted } from "../../tests/scored.ts";
import { contains } from "../verifiable/contains.ts";
import { descriptionSimilarity, descriptionWith, scaledSimilarity, wordCosine } from "./description.ts";
import { lengthSoftCap } from "./length-soft-cap.ts";

const headed = (description: string) =>
  `### Image Description:\n${description}\n### Rationales:\nr\n### Let's think step by step.\n### Step 1:\ns\n### The final answer is: 4`;
const HEADINGS = { texts: ["### Image Description:", "### Rationales:", "### Step 1:", "### The final answer is:"] };
/** the similarity that an encoder would give, as the row's own number */
const given = descriptionWith("given_similarity", z.number(), (_, cosine) => cosine);

async function stageOne(completion: string, cosine: number, words: string[], tokens: number) {
  const [clip, keyword, format, length] = await Promise.all([
    scored(given, completion, cosine),
    scored(contains, completion, words, { credit: "share" }),
    scored(contains, completion, null, HEADINGS),
    scored(lengthSoftCap, completion, null, {}, { tokens }),
  ]);
  return weighted([0.4, clip.score], [0.4, keyword.score], [0.1, format.score], [0.1, length.score]);
}

test.each<[string, string, number, string[], number, number]>([
  // 0.4 * 0.75 + 0.4 * 2/3 + 0.1 + 0.1 * 0.8
  ["cosine 0.30, 2 of 3 words, 640 tokens", headed("A Red circle"), 0.3, ["red", "circ", "blue"], 640, 0.7467],
  ["no key words", headed("A red circle"), 0.4, [], 100, 0.6],
  ["a cosine below 0 costs", headed("a"), -0.2, [], 100, -0.2 + 0.1 + 0.1],
  ["a heading is missing", headed("A red circle").replace("### Step 1:", ""), 0.4, [], 100, 0.5],
])("stage 1: %s", async (_, completion, cosine, words, tokens, expected) => {
  expect(await stageOne(completion, cosine, words, tokens)).toBeCloseTo(expected, 4);
});

test("stage 2: 0.9 for the answer, 0.1 for the headings", async () => {
  const without = headed("a").replace("### Step 1:", "");
  const format = async (text: string) => (await scored(contains, text, null, HEADINGS)).score;
  expect(weighted([0.9, 1], [0.1, await format(without)])).toBeCloseTo(0.9, 12);
  expect(weighted([0.9, 0], [0.1, await format(headed("a"))])).toBeCloseTo(0.1, 12);
});

test("a cosine of 0.52 is worth 1", () => {
  expect(scaledSimilarity(0.52, 0.4)).toBe(1);
  expect(scaledSimilarity(0.3, 0.4)).toBeCloseTo(0.75, 12);
});

test("headings in any order and case, and length", async () => {
  expect((await scored(contains, headed("a").toUpperCase(), null, HEADINGS)).score).toBe(1);
  expect((await scored(lengthSoftCap, "", null, {}, { tokens: 512 })).score).toBe(1);
  expect((await scored(lengthSoftCap, "", null, {}, { tokens: 1024 })).score).toBeCloseTo(0.5, 6);
});

test.each<[string, number, number]>([
  [headed("red circle"), 1, 1],
  [headed("a small red thing"), 1 / Math.sqrt(8), 1 / Math.sqrt(8) / 0.4], // one shared, of 4 and 2 words
  [headed("nothing"), 0, 0],
  ["red circle", 0, 0], // no description
  ["", 0, 0],
])("attributes in %j", async (completion, cosine, expected) => {
  const { score, metrics } = await scored(descriptionSimilarity, completion, ["red", "circle"]);
  expect(metrics.cosine).toBeCloseTo(cosine, 12);
  expect(score).toBeCloseTo(expected, 12);
});

test("cosine of sets of words", () => {
  expect(wordCosine("red red circle", ["red", "square"])).toBeCloseTo(1 / 2, 12);
  expect(wordCosine("", ["red"])).toBe(0);
});
