import { z } from "zod";
import { devicesOf, isDeviceOf } from "../engines/devices.ts";
import { LoraOptions } from "./adapter/options.ts";

const Pattern = z
  .string()
  .min(1)
  .superRefine((pattern, context) => {
    try {
      new RegExp(pattern, "u");
    } catch (error) {
      context.addIssue({ code: "custom", message: `expected a regular expression: ${(error as Error).message}` });
    }
  });

/** Which policy a run starts from, and how the embedded engine runs it. */
export const ModelOptions = z
  .strictObject({
    preset: z.enum(["tiny"]).optional().describe("a small SmolVLM made from nothing, weights from the run's seed"),
    path: z.string().optional().describe("a folder with config.json, safetensors weights and tokenizer files, or one with a PEFT adapter"),
    lora: LoraOptions.nullable().default(null).describe("train a low-rank adapter and leave the model as it is; null trains the model"),
    freeze: z
      .array(Pattern)
      .default([])
      .describe("regular expressions; parameters whose names they are found in are not trained: vision_model, connector, embed_tokens"),
    recompute: z
      .boolean()
      .default(false)
      .describe("compute each layer's activations again in the backward pass: about a quarter more work, a fraction of the memory"),
    frozen_dtype: z
      .enum(["float32", "float16"])
      .default("float32")
      .describe(
        "what matrices that are not trained are held in; float16 halves their memory, arithmetic stays float32, sampling is slower",
      ),
    max_pixels: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe("the most pixels of a picture, in training, sampling and evaluation alike; null takes the model's own number"),
    min_pixels: z.int().min(1).nullable().default(null).describe("the fewest; smaller pictures are enlarged (Qwen-VL)"),
    max_length: z
      .int()
      .min(2)
      .nullable()
      .default(null)
      .describe("the longest prompt with its completion, tokens: a longer one is refused, never cut; null takes the model's own context"),
    executor: z
      .enum(["onnx", "tfjs", "auto"])
      .default("onnx")
      .describe("what runs the graphs: ONNX Runtime or TensorFlow.js; auto, with device auto, looks at both"),
    device: z
      .enum(["cpu", "wasm", "webgpu", "node", "gpu", "cuda", "auto"])
      .default("cpu")
      .describe("what it runs them on; auto takes the fastest that is there and passes its self-test"),
    slots: z.int().min(1).default(64).describe("completions that are sampled at once"),
    threads: z.int().min(0).default(0).describe("threads of the arithmetic; 0 takes one a core"),
  })
  .refine((model) => model.lora === null || model.freeze.length === 0, "with lora nothing but the adapter is trained: leave freeze out")
  .superRefine(({ executor, device }, context) => {
    if (isDeviceOf(executor, device)) return;
    const message = `${executor} has no device ${device}: expected ${devicesOf(executor).join(", ")}`;
    context.addIssue({ code: "custom", path: ["device"], message });
  })
  .refine((model) => (model.preset === undefined) !== (model.path === undefined), "give either preset or path");
export type ModelOptions = z.infer<typeof ModelOptions>;
