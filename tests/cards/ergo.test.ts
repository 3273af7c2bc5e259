/** ERGO (arXiv:2509.21991): a region that is enough by itself, kept small, then an answer; acceptance points 1, 2 and 5, a tenth as large. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Picture } from "../../core/types.ts";
import { questionKey } from "../../rewards/judges/record.ts";
import { observation, policy } from "../trajectory.ts";
import { partScore, recipeRewards } from "./recipe.ts";

const RECIPE = `
judges:
  answerer: { kind: recorded, file: answers.jsonl }
rewards:
  - { name: judge_region, target: word, options: { judge: answerer, question: "{question}", coordinates: { units: pixels } } }
  - { name: box_area_cap, weight: 0.5, options: { coordinates: { units: pixels } } }
  - { name: letters_only, outcome: true }
  - { name: tag_format, times: readable, options: { tags: [think, zoom, think, answer] } }
  - { name: regex, as: readable, weight: 0, target: word, options: { extract: whole, pattern: '<zoom>\\s*\\[\\d+, *\\d+, *\\d+, *\\d+\\]\\s*</zoom>' } }
`;
const [WIDTH, HEIGHT] = [200, 100];
/** Red is the number of the column, green that of the row: no two places are alike. */
function picture(left: number, top: number, right: number, bottom: number): Picture {
  const [width, height] = [right - left, bottom - top];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [left + (Math.floor(i / 3) % width), top + Math.floor(i / 3 / width)];
    return [x, y, 0][i % 3]!;
  });
  return { width, height, data };
}
const QUESTION = "What colour is the sign?";
const row = { image: picture(0, 0, WIDTH, HEIGHT), question: QUESTION, options: "A. blue\nB. red", answer: "B", word: "red" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-ergo-"));
  // what the frozen answerer says of one picture and the question without its options; asked anything else it fails
  const says = (region: Picture, answer: string) =>
    JSON.stringify({ question: questionKey({ prompt: QUESTION, pictures: [region] }), sample: 0, answer: `ANSWER: ${answer}` });
  const lines = [
    says(picture(0, 0, 80, 100), "red"),
    says(picture(0, 0, 120, 100), "red"),
    says(picture(150, 50, 170, 60), "blue"),
    says(picture(0, 0, WIDTH, HEIGHT), "Red"),
  ];
  await writeFile(join(folder, "answers.jsonl"), `${lines.join("\n")}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const episode = (zoom: string, answer: string) => [
  policy(`<think>there</think><zoom>${zoom}</zoom>`),
  observation(`[crop]\n${QUESTION}\n${row.options}\nAnswer in <answer>`),
  policy(`<think>so</think><answer>${answer}</answer>`),
];

test.each<[string, ReturnType<typeof episode>, number]>([
  ["1: a share of 0.4, all right: 1 + 0.5 + 1 + 1", episode("[0, 0, 80, 100]", "B"), 3.5],
  ["1: exactly 0.6", episode("[0, 0, 120, 100]", "B"), 3.5],
  ["1: the whole picture", episode("[0, 0, 200, 100]", "B"), 3],
  ["2: a small wrong region and a wrong answer: 0 + 0.5 + 0 + 1", episode("[150, 50, 170, 60]", "A"), 1.5],
  ["2: a region that can't be read stands for the whole picture: 1 + 0 + 1 + 0", episode("there", "B"), 2],
  ["2: and one without area", episode("[5, 5, 5, 9]", "B"), 3], // but it is as demanded: 1 + 0 + 1 + 1
  ["5: `B. red` is wrong, letters read together", episode("[0, 0, 80, 100]", "B. red"), 2.5],
  ["5: `(b)` is right", episode("[0, 0, 80, 100]", "(b)"), 3.5],
])("%s", async (_, turns, expected) => {
  const { reward } = await recipeRewards(RECIPE, { folder });
  expect(await reward(turns, row)).toBeCloseTo(expected, 12);
});

test("5: the answerer is shown the region and nothing else; what it never saw is a failure, not a 0", async () => {
  const { one } = await recipeRewards(RECIPE, { folder });
  const seen = await one(episode("[0, 0, 80, 100]", "B"), row);
  expect(partScore(seen, "judge_region")).toBe(1); // the record knows this one picture alone
  const other = await one(episode("[0, 0, 81, 100]", "B"), row);
  expect(other.reward).toBeNull();
  expect(other.parts[0]!.outcome.kind).toBe("error");
});

test("a zoom in what the environment says is no region that was asked for", async () => {
  const { one } = await recipeRewards(RECIPE, { folder });
  const turns = [
    policy("<think>a</think>"),
    observation("write <zoom>[0, 0, 80, 100]</zoom>"),
    policy("<think>b</think><answer>B</answer>"),
  ];
  const scored = await one(turns, row);
  expect([partScore(scored, "box_area_cap"), partScore(scored, "tag_format")]).toEqual([0, 0]);
});
