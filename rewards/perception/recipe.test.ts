import { afterEach, expect, test } from "vitest";
import type { Scorer } from "../../core/types.ts";
import { createScorer } from "../compose.ts";
import { RewardSpec } from "../options.ts";

const opened: Scorer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((scorer) => scorer.close()));
});

async function scorer(...specs: unknown[]): Promise<Scorer> {
  const made = await createScorer(
    specs.map((spec) => RewardSpec.parse(spec)),
    { folder: "/nowhere", seed: 0, recipe: "recipe.yaml" },
  );
  opened.push(made);
  return made;
}

const finished = { completion: "<answer>[100, 100, 500, 500]</answer>", tokens: 9, finish: "stop" as const };
const thousand = { tag: "answer", coordinates: { units: "thousand" } };
const image = { width: 200, height: 100, data: new Uint8Array(60_000) };

test("a recipe's rewards of perception, in the coordinates of the model", async () => {
  const made = await scorer({ name: "box_overlap", weight: 0.9, options: thousand }, { name: "bbox_key_format", weight: 0.1 });
  // 100..500 of 1000 are x 20..100 of 200 and y 10..50 of 100
  const example = { id: "a", fields: { image, box: [20, 10, 100, 50] } };
  expect(await made.check(example)).toEqual([]);
  expect((await made.score({ ...finished, example })).reward).toBeCloseTo(0.9, 12);
});

test("a row without the picture its coordinates need is an error and has no reward, not a 0", async () => {
  const made = await scorer({ name: "box_overlap", options: thousand });
  const { parts, reward } = await made.score({ ...finished, example: { id: "a", fields: { box: [20, 10, 100, 50] } } });
  expect(reward).toBeNull();
  expect(parts[0]!.outcome).toEqual({ kind: "error", message: "returned NaN" });
});

test("a bad target and a bad option are named before anything runs", async () => {
  const made = await scorer({ name: "salience_iou" }, { name: "mask_iou" });
  const fields = { boxes: [{ box: [9, 9, 0, 0] }], mask: { size: [4, 4], counts: [1] } };
  expect(await made.check({ id: "a", fields })).toEqual([
    'reward "salience_iou" needs boxes[0].box: expected x2 > x1 and y2 > y1',
    'reward "mask_iou" needs mask: expected runs that fill height * width pixels, at most 2^24',
  ]);
  const refused = RewardSpec.safeParse({ name: "box_overlap", options: { coordinates: { units: "inches" } } });
  expect(refused.error?.issues[0]?.path).toEqual(["options", "coordinates", "units"]);
});
