import type { Report } from "./fields.ts";
import type { DecoderConfig } from "./types.ts";

/** A placeholder token is embedded before its row is replaced, so it needs a row. */
export function checkTokens(ids: Record<string, number>, text: DecoderConfig, report: Report) {
  for (const [name, id] of Object.entries(ids)) {
    if (id >= text.vocabSize) report([name], `${id} is not below text_config.vocab_size, ${text.vocabSize}`);
  }
}

/** transformers 4 ties the head where text_config says so, transformers 5 where the top level does. */
export function reportTies(top: boolean, text: DecoderConfig, report: Report) {
  if (top || !text.tied) return;
  report(
    ["text_config", "tie_word_embeddings"],
    "true here and false at the top level, where transformers 4 ties the head and transformers 5 does not; " +
      "set both to false if the checkpoint holds lm_head.weight, else both to true",
  );
}
