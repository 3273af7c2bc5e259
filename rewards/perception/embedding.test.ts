import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import onnxProto from "onnx-proto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scored } from "../../tests/scored.ts";
import { drawingSimilarity } from "./drawing-similarity.ts";
import { encodedSimilarity } from "./embedding.ts";

const { onnx } = onnxProto;
const FLOAT = 1;

function value(name: string, dims: (string | number)[]) {
  const dim = dims.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

let folder: string;

/** The smallest encoder there is: the mean of each colour, as a ViT's pooled output. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-encoder-"));
  await mkdir(join(folder, "onnx"));
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "mean_colour",
      node: [
        { opType: "GlobalAveragePool", input: ["pixel_values"], output: ["mean"] },
        { opType: "Flatten", input: ["mean"], output: ["pooler_output"] },
      ],
      input: [value("pixel_values", ["batch", 3, 8, 8])],
      output: [value("pooler_output", ["batch", 3])],
    },
  });
  await writeFile(join(folder, "onnx", "model.onnx"), onnx.ModelProto.encode(model).finish());
  await writeFile(join(folder, "config.json"), JSON.stringify({ model_type: "vit", image_size: 8, hidden_size: 3 }));
  const processor = {
    image_processor_type: "ViTImageProcessor",
    do_resize: true,
    size: { width: 8, height: 8 },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: false,
  };
  await writeFile(join(folder, "preprocessor_config.json"), JSON.stringify(processor));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const even = (...rgb: number[]) => ({ width: 8, height: 8, data: Uint8Array.from({ length: 192 }, (_, i) => rgb[i % 3]!) });

test("the cosine of the pooled features of a local encoder", async () => {
  expect(await encodedSimilarity(even(200, 0, 0), even(100, 0, 0), folder)).toBeCloseTo(1, 5); // the same direction
  expect(await encodedSimilarity(even(255, 0, 0), even(0, 255, 0), folder)).toBeCloseTo(0, 5);
  expect(await encodedSimilarity(even(255, 0, 0), even(255, 255, 0), folder)).toBeCloseTo(Math.SQRT1_2, 5);
});

test("as the measure of a drawing", async () => {
  const svg = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'><rect width='8' height='8' fill='#ff0000'/></svg>";
  const found = await scored(drawingSimilarity, svg, even(255, 255, 0), { metric: "embedding", encoder: folder });
  expect(found.score).toBeCloseTo(Math.SQRT1_2, 5);
});

test("a folder that holds no encoder rejects: that is not the policy's fault", async () => {
  const empty = await mkdtemp(join(folder, "empty-"));
  await writeFile(join(empty, "config.json"), "{}");
  await expect(encodedSimilarity(even(1, 1, 1), even(1, 1, 1), empty)).rejects.toThrow();
});
