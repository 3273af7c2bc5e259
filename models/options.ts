import { z } from "zod";

/** Which policy a run starts from, and how the embedded engine runs it. */
export const ModelOptions = z
  .strictObject({
    preset: z.enum(["tiny"]).optional().describe("a small SmolVLM made from nothing, weights from the run's seed"),
    path: z.string().optional().describe("a folder with config.json, model.safetensors and tokenizer files"),
    slots: z.int().min(1).default(64).describe("completions that are sampled at once"),
    threads: z.int().min(0).default(0).describe("threads of the arithmetic; 0 takes one a core"),
  })
  .refine((model) => (model.preset === undefined) !== (model.path === undefined), "give either preset or path");
export type ModelOptions = z.infer<typeof ModelOptions>;
