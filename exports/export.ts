import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CheckpointError, UserError } from "../core/errors.ts";
import { readWeights } from "../core/safetensors.ts";
import { parameterCount } from "../engines/embedded/architecture.ts";
import { type OnTensor, openStored, type StoredModel, writeMerged, writeUnmerged } from "../models/merge.ts";
import { FolderFiles } from "../models/processor/files.ts";
import { cardFacts } from "./facts.ts";
import { counting, type OnProgress } from "./merge.ts";
import { modelCard } from "./model-card.ts";
import { newFolder, refuseFull, type Written } from "./new-folder.ts";
import { transformersJsFields, withFields, writeOnnxFolder } from "./onnx/folder.ts";
import { onnxModel, onnxValues, refuseUnexported } from "./onnx/model.ts";

export interface ExportOptions {
  /** a checkpoint of a run, or any folder that holds a model or an adapter */
  checkpoint: string;
  out: string;
  /** `onnx` has everything of `hf`, and the files that transformers.js loads */
  format: "hf" | "onnx";
  /** leave an adapter an adapter instead of merging it into its base model */
  adapter?: boolean;
}

/** Writes a checkpoint as a Hugging Face folder with a model card and without training state. */
export async function exportCheckpoint(options: ExportOptions, onProgress: OnProgress = () => {}): Promise<Written> {
  const { checkpoint, out, format, adapter: apart = false } = options;
  await refuseFull(out);
  const stored = await openStored(checkpoint);
  refuseApart(options, stored);
  const onnx = format === "onnx";
  const config = await readConfig(stored.folders.base);
  if (onnx) refuseUnexported(config.model_type, join(stored.folders.base, "config.json"));
  const card = modelCard(await cardFacts(checkpoint, stored, { merged: !apart, onnx }));

  const total = (apart ? 4 * stored.adapter!.parameters : stored.bytes) + (onnx ? onnxBytes(config, stored) : 0);
  const onTensor = counting(total, onProgress);
  const fill = async (target: string) => {
    await writeFile(join(target, "README.md"), card);
    if (apart) await writeUnmerged(target, stored);
    else await writeMerged(target, stored, onTensor);
    if (onnx) await addOnnx(target, config, onTensor);
  };
  return newFolder(out, fill, total);
}

function refuseApart({ checkpoint, format, adapter = false }: ExportOptions, stored: StoredModel): void {
  if (!adapter) return;
  if (stored.adapter === null) {
    const message = "this is a whole model: there is no adapter to keep";
    throw new CheckpointError({ place: { file: checkpoint }, message, cure: "Leave --adapter out." });
  }
  if (format === "onnx") {
    const message = "ONNX files hold whole models, with the adapter merged in";
    throw new UserError({ place: { file: "--adapter" }, message, cure: "Leave --adapter out, or export with --format hf." });
  }
}

const Config = z.looseObject({ model_type: z.string() });
type Config = z.infer<typeof Config>;

/** A config.json that an architecture was read from already. */
async function readConfig(folder: string): Promise<Config> {
  return Config.parse(JSON.parse(await readFile(join(folder, "config.json"), "utf8")));
}

function onnxBytes(config: Config, { model }: StoredModel): number {
  const nothing = async () => new Float32Array();
  return 4 * onnxValues(onnxModel(config, nothing).model, parameterCount(model.parameters));
}

/** Puts the ONNX files of the model that lies in `target` beside it, and into its config.json what transformers.js looks for there. */
async function addOnnx(target: string, config: Config, onTensor: OnTensor): Promise<void> {
  const weights = await readWeights(target);
  const { model, angles } = onnxModel(config, async (name) => {
    const values = await weights.read(name);
    onTensor(values.byteLength);
    return values;
  });
  const files = await writeOnnxFolder(target, model, angles);
  const fields = withFields(config, transformersJsFields(model, files));
  await writeFile(join(target, "config.json"), `${JSON.stringify(fields, null, 2)}\n`);
  await addChatTemplate(target);
  if (model.kind === "smolvlm") await addPreprocessorConfig(target);
}

const Tokenizer = z.looseObject({});
const Template = z.object({ chat_template: z.string() });

/** Python looks for the chat template in a file of its own first, the tokenizer of transformers.js only in tokenizer_config.json. */
async function addChatTemplate(target: string): Promise<void> {
  const files = await FolderFiles.read(target);
  const template = files.text("chat_template.jinja") ?? files.json("chat_template.json", Template)?.chat_template;
  if (template === undefined) return;
  const config = { ...files.json("tokenizer_config.json", Tokenizer), chat_template: template };
  await writeFile(join(target, "tokenizer_config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

const Processor = z.object({ image_processor: z.looseObject({ image_processor_type: z.string() }).optional() });

/** transformers 5 saves the image processor's settings in processor_config.json, transformers.js looks for a file of their own. */
async function addPreprocessorConfig(target: string): Promise<void> {
  const settings = (await FolderFiles.read(target)).json("processor_config.json", Processor)?.image_processor;
  if (settings === undefined) return;
  // Fast and Pil name one of transformers' backends
  const image_processor_type = settings.image_processor_type.replace(/(Fast|Pil)$/, "");
  await writeFile(join(target, "preprocessor_config.json"), `${JSON.stringify({ ...settings, image_processor_type }, null, 2)}\n`);
}
