import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { Box } from "../box.ts";
import { Coordinates, frameOf, type Quad, readBox, readPoint, writeBox, writePoint } from "./coordinates.ts";

const row = { image: { width: 200, height: 100 } };
const frame = (given: object) => frameOf(Coordinates.parse(given), row)!;

// One box, [20, 10, 60, 40] in pixels of a picture of 200 x 100, in every spelling.
test.each<[object, Quad]>([
  [{}, [20, 10, 60, 40]],
  [{ form: "size" }, [20, 10, 40, 30]],
  [{ form: "center" }, [40, 25, 40, 30]],
  [{ order: "yx" }, [10, 20, 40, 60]],
  [{ order: "yx", form: "center" }, [25, 40, 30, 40]],
  [{ units: "unit" }, [0.1, 0.1, 0.3, 0.4]],
  [{ units: "unit", form: "center" }, [0.2, 0.25, 0.2, 0.3]],
  [{ units: "thousand" }, [100, 100, 300, 400]],
  [{ units: "thousand", order: "yx" }, [100, 100, 400, 300]],
  // 200 x 100 are 7.14 and 3.57 blocks of 28: seen as 196 x 112, so x times 0.98 and y times 1.12
  [{ units: "resized" }, [19.6, 11.2, 58.8, 44.8]],
])("%j writes it as %j", (coordinates, written) => {
  const there = readBox(written, frame(coordinates))!;
  for (const [i, value] of [20, 10, 60, 40].entries()) expect(there[i]).toBeCloseTo(value, 10);
  for (const [i, value] of writeBox([20, 10, 60, 40], frame(coordinates)).entries()) expect(value).toBeCloseTo(written[i]!, 10);
});

test("there and back again, for boxes and points in every convention", () => {
  const random = new Random(3);
  for (const units of ["pixels", "resized", "unit", "thousand"]) {
    for (const form of ["corners", "size", "center"]) {
      for (const order of ["xy", "yx"]) {
        const example = { image: { width: random.integer(60, 4000), height: random.integer(60, 4000) } };
        const at = frameOf(Coordinates.parse({ units, form, order }), example)!;
        const [x, y] = [random.uniform() * 50, random.uniform() * 50];
        const box: Box = [x, y, x + 1 + random.uniform() * 50, y + 1 + random.uniform() * 50];
        const back = readBox(writeBox(box, at), at)!;
        for (const [i, value] of back.entries()) expect(value).toBeCloseTo(box[i]!, 9);
        const point = readPoint(writePoint([x, y], at), at);
        expect(point[0]).toBeCloseTo(x, 9);
        expect(point[1]).toBeCloseTo(y, 9);
      }
    }
  }
});

test("ERGO: a region of the picture as it was seen, on the picture of 2000 x 1500", () => {
  const coordinates = Coordinates.parse({ units: "resized", max_pixels: 640 * 784, shrink: "round" }); // seen as 812 x 616
  const box = readBox([203, 154, 406, 308], frameOf(coordinates, { image: { width: 2000, height: 1500 } })!)!;
  expect(box.map(Math.round)).toEqual([500, 375, 1000, 750]); // 203 / 812 = 1/4, 154 / 616 = 1/4
});

test("Artemis: a gold box of 640 x 480 in pixels of 644 x 476", () => {
  const written = writeBox(
    [3.24, 159.31, 159.64, 472.12],
    frameOf(Coordinates.parse({ units: "resized" }), { image: { width: 640, height: 480 } })!,
  );
  expect(written.map(Math.round)).toEqual([3, 158, 161, 468]); // 3.26, 157.98, 160.64, 468.19
});

test("a box that is none, and a picture that is not there", () => {
  expect(readBox([10, 10, 0, 0], frame({}))).toBeNull();
  expect(readBox([10, 10, 0, 5], frame({ form: "size" }))).toBeNull(); // no width
  expect(readBox([0, 0, Number.NaN, 5], frame({}))).toBeNull();
  expect(frameOf(Coordinates.parse({ units: "unit" }), {})).toBeNull();
  expect(frameOf(Coordinates.parse({ units: "unit" }), { image: { width: 0, height: 5 } })).toBeNull();
  expect(frameOf(Coordinates.parse({ units: "unit", target: "same" }), {})).toMatchObject({ scaleX: 1, scaleY: 1 });
  expect(Coordinates.safeParse({ unit: "pixels" }).success).toBe(false);
});
