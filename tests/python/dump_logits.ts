/**
 * Writes what vlrl computes from a checkpoint, for `load_checkpoint.py` to compare: the prompt of one example of digit_sum's test split with its
 * picture and its trace, and the logits at every position.
 *
 * Run: npx tsx tests/python/dump_logits.ts <checkpoint> <dump.json>
 */
import { writeFile } from "node:fs/promises";
import { openDataset } from "../../datasets/index.ts";
import { promptAttention } from "../../engines/embedded/attention.ts";
import { readModelWeights } from "../../engines/embedded/engine.ts";
import { pictureFeeds } from "../../engines/embedded/pass.ts";
import { angleInputs, embedTokens, weightInputs } from "../../engines/embedded/train-graph.ts";
import { OnnxSession } from "../../engines/onnx/session.ts";
import { resolveEnvironment } from "../../environments/index.ts";
import { readArchitecture } from "../../models/index.ts";
import { loadProcessor } from "../../models/processor/load.ts";

const [checkpoint, target] = process.argv.slice(2);
if (checkpoint === undefined || target === undefined) {
  console.error("usage: npx tsx tests/python/dump_logits.ts <checkpoint> <dump.json>");
  process.exit(2);
}

const model = await readArchitecture(checkpoint);
const weights = await readModelWeights(checkpoint, model);
const processor = await loadProcessor(checkpoint);
const dataset = await openDataset({ name: "digit_sum", split: "test" }, { folder: ".", seed: 0 });
const { fields } = await dataset.at(0);
const { prompt } = await processor.encodePrompt(resolveEnvironment({ name: "visual_question" }).start(fields));
const response = processor.encode(String(fields.trace));
const tokens = Int32Array.from([...prompt.tokens, ...response]);
const whole = { tokens, pixels: prompt.pixels };
const tiles = prompt.pixels!.shape[0];

const { weights: inputs } = weightInputs(model);
const hidden = model.decode(inputs, {
  x: embedTokens(model, inputs, tokens.length, tiles),
  ...angleInputs(model, tokens.length),
  attend: promptAttention(1, tokens.length, model, () => {}),
  select: null,
});
const session = await OnnxSession.create({ logits: model.head(inputs, hidden) }, { threads: 1 });
const positions = Int32Array.from({ length: tokens.length }, (_, i) => i);
const feeds = { ...weights, ids: tokens, ...model.angles(positions), ...pictureFeeds([whole], 1, tokens.length, tiles, model) };
const { logits } = await session.run(feeds);
await session.release();

const dump = {
  input_ids: [...tokens],
  pixel_values: { shape: prompt.pixels!.shape, data: [...prompt.pixels!.data] },
  logits: { shape: [tokens.length, model.vocab], data: [...logits] },
};
await writeFile(target, JSON.stringify(dump));
console.log(`${target}: ${tokens.length} tokens, ${tiles} tiles, logits [${dump.logits.shape}]`);
