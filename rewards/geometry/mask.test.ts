import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { boundary, boundaryIou, type Mask, MaskTarget, maskAt, maskIou, maskOf } from "./mask.ts";
import { decodeRuns, encodeRuns, runsFromText, textFromRuns } from "./mask-runs.ts";
import { fillPolygons, polygonArea } from "./polygon.ts";

const draw = (...rows: string[]): Mask => ({
  width: rows[0]!.length,
  height: rows.length,
  data: Uint8Array.from(rows.join(""), (char) => (char === "#" ? 1 : 0)),
});

test("runs go down the columns, zeros first", () => {
  // columns: .#  ##  .. : one 0, three 1s, two 0s
  expect(encodeRuns(draw(".#.", "##."))).toEqual([1, 3, 2]);
  expect(decodeRuns([1, 3, 2], 3, 2)).toEqual(draw(".#.", "##."));
  expect(encodeRuns(draw("#"))).toEqual([0, 1]);
});

// 6 -> "6". 1 -> "1". 40 = 8 + 32 * 1 -> (8 | 32) + 48 = "X", "1". 4 - 1 = 3 -> "3". 5 - 40 = -35 = 29 - 32 * 2 -> (29 | 32) + 48 = "m", then
// -2 = 30 in five bits -> "N". Three times 0 -> "000". 21 - 5 = 16: bit 4 is set, so a group 0 must follow -> (16 | 32) + 48 = "`", "0".
const runs = [6, 1, 40, 4, 5, 4, 5, 4, 21];
const text = "61X13mN000`0";

test("the compressed spelling", () => {
  expect(textFromRuns(runs)).toBe(text);
  expect(runsFromText(text, 90)).toEqual(runs);
  expect(MaskTarget.parse({ size: [9, 10], counts: text })).toEqual(MaskTarget.parse({ size: [9, 10], counts: runs }));
});

test.each<[unknown]>([
  [{ size: [9, 10], counts: "61X1" }], // too short
  [{ size: [3, 3], counts: text }],
  [{ size: [9, 10], counts: "61X13mN000`" }], // "more follows", and nothing does
  [{ size: [9, 10], counts: "\u00e9" }],
  [{ size: [9, 10], counts: [91] }],
  [{ size: [9, 10], counts: [-1, 91] }],
  [{ size: [100_000, 100_000], counts: [1e10] }],
  [{ size: [9, 10] }],
])("%j is refused", (value) => {
  expect(MaskTarget.safeParse(value).success).toBe(false);
  expect(maskOf(value)).toBeNull();
});

test("there and back again", () => {
  const random = new Random(7);
  for (let i = 0; i < 200; i++) {
    const [width, height] = [random.integer(1, 40), random.integer(1, 40)];
    const share = random.uniform();
    const mask: Mask = { width, height, data: Uint8Array.from({ length: width * height }, () => (random.uniform() < share ? 1 : 0)) };
    const coded = textFromRuns(encodeRuns(mask));
    expect(decodeRuns(runsFromText(coded, width * height)!, width, height)).toEqual(mask);
  }
});

test("overlap of masks", () => {
  expect(maskIou(draw("##.", "##."), draw(".##", ".##"))).toBeCloseTo(2 / 6, 12);
  expect(maskIou(draw("#"), draw("##"))).toBe(0);
  expect(maskIou(draw("."), draw("."))).toBe(1);
});

test("the boundary of a square of 5 is its ring of 16, and none of the center", () => {
  const square = draw(".......", ".#####.", ".#####.", ".#####.", ".#####.", ".#####.", ".......");
  const ring = draw(".......", ".#####.", ".#...#.", ".#...#.", ".#...#.", ".#####.", ".......");
  expect(boundary(square, 1)).toEqual(ring);
  expect(boundary(square, 3)).toEqual(square);
  // the edge of the picture counts as outside
  expect(boundary(draw("###", "###", "###"), 1)).toEqual(draw("###", "#.#", "###"));
  // without the center: mask IoU 24 / 25. Its ring is now the whole of it, 24; shared 16
  const hollow = draw(".......", ".#####.", ".#####.", ".##.##.", ".#####.", ".#####.", ".......");
  expect(maskIou(square, hollow)).toBeCloseTo(24 / 25, 12);
  expect(boundaryIou(square, hollow)).toBeCloseTo(16 / 24, 12);
});

test("polygons are filled where pixel centers lie inside", () => {
  expect(fillPolygons([[1, 0, 3, 0, 3, 2, 1, 2]], 4, 3)).toEqual(draw(".##.", ".##.", "...."));
  // the triangle below the diagonal x = y of 3 x 3: centers on the diagonal are on its left edge
  expect(fillPolygons([[0, 0, 3, 3, 0, 3]], 3, 3)).toEqual(draw("...", "#..", "##."));
  // two squares that touch share no pixel and leave none out
  expect(
    fillPolygons(
      [
        [0, 0, 1.5, 0, 1.5, 1, 0, 1],
        [1.5, 0, 3, 0, 3, 1, 1.5, 1],
      ],
      3,
      1,
    ),
  ).toEqual(draw("###"));
  expect(fillPolygons([[-9, -9, 99, -9, 99, 99, -9, 99]], 2, 2)).toEqual(draw("##", "##"));
  expect(polygonArea([0, 0, 4, 0, 4, 3])).toBe(6);
  expect(polygonArea([0, 0, 4, 3, 4, 0])).toBe(6);
});

test("a filled polygon has about its area", () => {
  const polygon = [10.3, 12.1, 80.7, 20.2, 60.5, 90.9, 15.2, 70.4];
  const pixels = fillPolygons([polygon], 100, 100).data.reduce((sum, value) => sum + value, 0);
  expect(Math.abs(pixels - polygonArea(polygon))).toBeLessThan(0.01 * polygonArea(polygon));
});

test("a point is in the pixel that holds it", () => {
  const mask = draw(".#", "..");
  expect(maskAt(mask, 1.9, 0.9)).toBe(true);
  expect([maskAt(mask, 0.9, 0.5), maskAt(mask, 2, 0), maskAt(mask, -0.1, 0), maskAt(mask, 1, Number.NaN)]).toEqual(Array(4).fill(false));
});
