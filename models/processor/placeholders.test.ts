import { expect, test } from "vitest";
import { expandPlaceholders, pictureText, placeholderCount, tileCount } from "./placeholders.ts";

test("one tile", () => {
  expect(pictureText({ rows: 0, columns: 0 }, 2)).toBe("<fake_token_around_image><global-img><image><image><fake_token_around_image>");
  expect(tileCount({ rows: 0, columns: 0 })).toBe(1);
});

test("a grid of tiles", () => {
  expect(pictureText({ rows: 2, columns: 1 }, 1)).toBe(
    "<fake_token_around_image><row_1_col_1><image>\n<fake_token_around_image><row_2_col_1><image>\n\n" +
      "<fake_token_around_image><global-img><image><fake_token_around_image>",
  );
  expect(tileCount({ rows: 2, columns: 1 })).toBe(3);
});

test("placeholders are expanded in order", () => {
  const grids = [
    { rows: 0, columns: 0 },
    { rows: 1, columns: 2 },
  ];
  expect(expandPlaceholders("a<image>b<image>c", grids, 1)).toBe(`a${pictureText(grids[0]!, 1)}b${pictureText(grids[1]!, 1)}c`);
  expect(placeholderCount(expandPlaceholders("a<image>b<image>c", grids, 3))).toBe(3 + 9);
  expect(() => expandPlaceholders("a<image>", grids, 1)).toThrow("1 placeholders for 2 pictures");
});
