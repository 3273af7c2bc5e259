/**
 * Writes what vlrl computes from a checkpoint or an adapter, for `load_checkpoint.py` to compare: one prompt, with a picture if one is given, and
 * the logits at every position.
 *
 * Run: npx tsx tests/python/dump_logits.ts <folder> <dump.json> [--image <file>] [--text <text>]
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Part } from "../../core/types.ts";
import { readPicture } from "../../datasets/picture.ts";
import { modelFolders } from "../../models/folders.ts";
import { openModel } from "../../models/open.ts";
import { loadProcessor } from "../../models/processor/load.ts";
import { allLogits } from "../logits.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { image: { type: "string" }, text: { type: "string", default: "What is 3 + 4?" } },
});
const [folder, target] = positionals;
if (folder === undefined || target === undefined) {
  console.error("usage: npx tsx tests/python/dump_logits.ts <folder> <dump.json> [--image <file>] [--text <text>]");
  process.exit(2);
}

const { policy, weights } = await openModel(folder, {});
const processor = await loadProcessor((await modelFolders(folder)).files);
const content: Part[] = [{ type: "text", text: values.text }];
if (values.image !== undefined) {
  const image = await readPicture(values.image);
  if ("message" in image) throw new Error(image.message);
  content.unshift({ type: "image", image });
}
const { prompt } = await processor.encodePrompt([{ role: "user", content }]);
const { logits } = await allLogits(policy, weights, prompt);
const { pixels } = prompt;
const dump = {
  input_ids: [...prompt.tokens],
  pixel_values: pixels === null ? null : { shape: pixels.shape, data: [...pixels.data] },
  image_grid_thw: pixels?.grids ?? null,
  logits: { shape: [prompt.tokens.length, policy.model.vocab], data: [...logits] },
};
await writeFile(target, JSON.stringify(dump));
console.log(`${target}: ${prompt.tokens.length} tokens, pixels [${pixels?.shape ?? ""}], logits [${dump.logits.shape}]`);
