import { expect, test } from "vitest";
import { scored, weighted } from "../../tests/scored.ts";
import { boxAreaCap } from "./box-area-cap.ts";

const image = { width: 2000, height: 1000 };
const pixels = { coordinates: { units: "pixels" } };

test.each<[string, number, number]>([
  ["<think>a</think><zoom>[0, 0, 800, 1000]</zoom>", 1, 0.4],
  ["<zoom>[0, 0, 1200, 1000]</zoom>", 1, 0.6], // the cap itself
  ["<zoom>[0, 0, 1201, 1000]</zoom>", 0, 0.6005],
  ["<zoom>[0, 0, 2000, 1000]</zoom>", 0, 1],
  ["<zoom>[1000, 0, 9000, 1000]</zoom>", 1, 0.5], // clamped
  ["<zoom>[3000, 0, 9000, 1000]</zoom>", 0, 1], // outside
  ["<zoom>[5, 5, 5, 9]</zoom>", 0, 1], // no area
  ["<zoom>[0,0,10,10] or [0,0,20,20]</zoom>", 0, 1],
  ["<zoom>[0,0,10.5,10]</zoom>", 0, 1],
  ["<zoom>[,0,10,10]</zoom>", 0, 1],
  ["[0, 0, 800, 1000]", 0, 1],
  ["", 0, 1],
])("%j", async (completion, score, area) => {
  expect(await scored(boxAreaCap, completion, image, pixels)).toEqual({ score, metrics: { area: expect.closeTo(area, 9) } });
});

test("in pixels of the picture as it was shown", async () => {
  // 2000 x 1500 is seen as 812 x 616: [203, 154, 406, 308] is 500..1000, 375..750, a sixteenth
  const found = await scored(boxAreaCap, "<zoom>[203, 154, 406, 308]</zoom>", { width: 2000, height: 1500 });
  expect(found).toEqual({ score: 1, metrics: { area: expect.closeTo(1 / 16, 12) } });
});

// R = 1 * r_region + 0.5 * r_box + r_acc + r_format; region, answer and format come from elsewhere
test.each<[string, number, string, number, number, number]>([
  ["a region that suffices", 1, "<zoom>[0, 0, 800, 1000]</zoom>", 1, 1, 3.5],
  ["the whole picture", 1, "<zoom>[0, 0, 2000, 1000]</zoom>", 1, 1, 3],
  ["a small wrong region", 0, "<zoom>[0, 0, 80, 100]</zoom>", 0, 1, 1.5],
  ["no region that can be read", 1, "<zoom>there</zoom>", 1, 0, 2],
])("ERGO: %s", async (_, region, completion, answer, format, expected) => {
  const box = (await scored(boxAreaCap, completion, image, pixels)).score;
  expect(weighted([1, region], [0.5, box], [1, answer], [1, format])).toBeCloseTo(expected, 12);
});
