import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { copyPart } from "./wasm-slice.ts";

// [2, 3, 4] holds 100 i + 10 j + k at (i, j, k)
const shape = [2, 3, 4];
const values = Float32Array.from({ length: 24 }, (_, at) => 100 * Math.floor(at / 12) + 10 * (Math.floor(at / 4) % 3) + (at % 4));
const part = (begin: number[], size: number[]) => {
  const to = new Float32Array(size.reduce((product, d) => product * d, 1));
  copyPart(values, shape, to, begin, size);
  return [...to];
};

test("parts of an array along one axis and along several", () => {
  expect(part([0, 0, 0], [2, 3, 4])).toEqual([...values]);
  expect(part([1, 0, 0], [1, 3, 4])).toEqual([100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123]);
  expect(part([0, 1, 0], [2, 1, 4])).toEqual([10, 11, 12, 13, 110, 111, 112, 113]);
  expect(part([0, 0, 2], [2, 3, 2])).toEqual([2, 3, 12, 13, 22, 23, 102, 103, 112, 113, 122, 123]);
  expect(part([1, 1, 1], [1, 2, 2])).toEqual([111, 112, 121, 122]);
});

test("long runs and short ones, wherever they lie", () => {
  const random = new Random(4);
  for (let trial = 0; trial < 50; trial++) {
    const dims = Array.from({ length: random.integer(1, 4) }, () => random.integer(1, 9) * (random.uniform() < 0.2 ? 11 : 1));
    const begin = dims.map((d) => random.integer(0, d - 1));
    const size = dims.map((d, i) => random.integer(1, d - begin[i]!));
    const all = Int32Array.from({ length: dims.reduce((product, d) => product * d, 1) }, (_, i) => i);
    const to = new Int32Array(size.reduce((product, d) => product * d, 1));
    copyPart(all, dims, to, begin, size);
    // entry by entry: the place in the part, turned into the place in the whole
    to.forEach((value, at) => {
      let [rest, place, step] = [at, 0, 1];
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        place += ((rest % size[axis]!) + begin[axis]!) * step;
        rest = Math.floor(rest / size[axis]!);
        step *= dims[axis]!;
      }
      expect(value).toBe(place);
    });
  }
});
