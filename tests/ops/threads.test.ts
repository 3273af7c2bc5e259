import { expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { input, scatterAddRows } from "../../engines/graph/build.ts";
import { OnnxSession } from "../../engines/onnx/session.ts";
import { runReference } from "../../engines/reference/run.ts";

test("thousands of rows with repeated ids are all added up, by several threads as by one, each time", async () => {
  const random = new Random(2);
  const [count, width, places] = [8000, 96, 50];
  const graph = { sums: scatterAddRows(input("ids", [count], "int"), input("rows", [count, width]), places) };
  const ids = Int32Array.from({ length: count }, () => random.integer(0, places - 1));
  const rows = Float32Array.from({ length: count * width }, () => random.uniform());
  const { sums: exact } = runReference(graph, { ids, rows });
  const session = await OnnxSession.create(graph, { threads: 4 });
  const first = await session.run({ ids, rows });
  // float32 sums of 160 numbers of size 1
  expect(Math.max(...first.sums.map((sum, i) => Math.abs(sum - exact[i]!)))).toBeLessThan(2e-4);
  for (let again = 0; again < 20; again++) expect((await session.run({ ids, rows })).sums).toEqual(first.sums);
  await session.release();
});
