import { expect, test } from "vitest";
import { loadBackend } from "./backends.ts";
import { copyRows } from "./wasm-gather.ts";

test.each([1, 3, 48, 200])("rows of %i entries by index, some twice", (width) => {
  // row r holds 1000 r + j
  const from = Float32Array.from({ length: 4 * width }, (_, at) => 1000 * Math.floor(at / width) + (at % width));
  const to = new Float32Array(3 * width);
  copyRows(from, 4, Int32Array.of(2, 0, 2), to);
  expect([...to]).toEqual([2, 0, 2].flatMap((row) => Array.from({ length: width }, (_, j) => 1000 * row + j)));
});

test("an index without a row is refused", () => {
  for (const row of [-1, 4, Number.NaN]) {
    expect(() => copyRows(new Float32Array(8), 4, Float32Array.of(row), new Float32Array(2))).toThrow("not in [0, 3]");
  }
});

test("on the backend, of whole numbers too, by indices of two axes", async () => {
  const { tf, activate } = await loadBackend("wasm");
  await activate();
  const engine = tf.engine();
  const x = engine.makeTensor(Int32Array.of(1, 2, 3, 4, 5, 6), [3, 2], "int32");
  const indices = engine.makeTensor(Int32Array.of(2, 0, 1, 2), [2, 2], "int32");
  const y = engine.runKernel("GatherV2", { x, indices }, { axis: 0, batchDims: 0 });
  expect([...(await y.data())]).toEqual([5, 6, 1, 2, 3, 4, 5, 6]);
  for (const tensor of [x, indices, y]) tensor.dispose();
});
