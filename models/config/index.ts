/**
 * Readers of Hugging Face's config.json, one for each model family, in the spelling of transformers 4 or 5.
 *
 * Every field is read: one that is unknown, or whose value would change the forward pass in a way that is not supported, is an
 * issue of the `z.ZodError` that is thrown, with the field's path and what to do. Missing fields take the default of the family's
 * class in transformers 4.57 and 5.18.
 */
export { readLlamaConfig } from "./llama.ts";
export { readQwen2Config } from "./qwen2.ts";
export { readQwen25VlConfig } from "./qwen2-5-vl.ts";
export { readQwen3Config } from "./qwen3.ts";
export { readQwen3VlConfig } from "./qwen3-vl.ts";
export { readSmolLm3Config } from "./smollm3.ts";
export { readSmolVlmConfig } from "./smolvlm.ts";
export type * from "./types.ts";
