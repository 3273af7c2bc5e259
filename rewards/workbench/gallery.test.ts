import { expect, test } from "vitest";
import { rewards } from "../index.ts";
import { galleryPage } from "./gallery.ts";

test("every reward has its row and its section, from its definition", async () => {
  const page = await galleryPage();
  const rows = [...page.matchAll(/^\| \[`(\w+)`\]\(#\1\) \|/gm)].map(([, name]) => name!);
  const sections = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name!);
  expect(rows.toSorted()).toEqual(rewards.names.toSorted());
  expect(sections.toSorted()).toEqual(rewards.names.toSorted());
});

test("formulas stay as they stand, tags stay text, options and examples have their places", async () => {
  const [, section] = (await galleryPage()).split("### `soft_overlong`\n");
  const own = section!.split("\n### ")[0]!;
  expect(own).toContain("\n```text\ntrl            0 if n <= L - C; (L - C - n) / C up to L; -1 after it ");
  expect(own).toContain("\n| `max_tokens` | `whole number >= 1` | required | the limit, L |\n");
  expect(own).toContain('\n| `form` | `"trl" \\| "verl" \\| "ms_swift"` | `"trl"` |');
  expect(own).toContain('\ncompletion  a\noptions     {"max_tokens":100,"cache":20}\ntokens      90\nscore       -0.5\n```');
  expect(await galleryPage()).toContain("read only what the last &lt;tag>…&lt;/tag> holds");
});
