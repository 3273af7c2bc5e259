import { expect, test } from "vitest";
import { draw } from "./render-process.ts";

const bar = "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='1'><rect width='1' height='1' fill='red'/></svg>";
const request = (svg: string) => ({ svg, width: 2, height: 1, fontFiles: [] });
const drawn = { width: 2, height: 1, pixels: Uint8Array.of(255, 0, 0, 255, 255, 255, 255, 255) };

test("a drawing ends the renderer: none for it, and the next ones are drawn by another", async () => {
  // a NUL in the renderer's own error message is fatal to it
  const [before, fatal, broken, after] = await Promise.all([bar, "<svg a\u0000=''/>", "<svg", bar].map((svg) => draw(request(svg))));
  expect(before).toEqual(drawn);
  expect(fatal).toBeNull();
  expect(broken).toBeNull();
  expect(after).toEqual(drawn);
});

test("a drawing that takes too long is none, and the next one is drawn", async () => {
  // two seconds of work and more
  const slow = "<svg xmlns='http://www.w3.org/2000/svg' width='2' height='1'><ellipse rx='3.4e38' ry='1'/></svg>";
  expect(await draw(request(bar))).toEqual(drawn);
  expect(await draw(request(slow), 200)).toBeNull();
  expect(await draw(request(bar))).toEqual(drawn);
});
