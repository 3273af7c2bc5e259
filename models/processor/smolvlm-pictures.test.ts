import { expect, test } from "vitest";
import { pictureText } from "./smolvlm-pictures.ts";

test("one tile", () => {
  expect(pictureText({ rows: 0, columns: 0 }, 2)).toBe("<fake_token_around_image><global-img><image><image><fake_token_around_image>");
});

test("a grid of tiles", () => {
  expect(pictureText({ rows: 2, columns: 1 }, 1)).toBe(
    "<fake_token_around_image><row_1_col_1><image>\n<fake_token_around_image><row_2_col_1><image>\n\n" +
      "<fake_token_around_image><global-img><image><fake_token_around_image>",
  );
});
