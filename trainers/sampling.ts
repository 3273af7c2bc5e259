import type { SamplingOptions } from "../engines/engine.ts";
import type { Processor } from "../models/processor.ts";
import type { Sampling } from "./options.ts";

/** A recipe's sampling as engines take it: with the text of every id where there are stop strings to look for. */
export function engineSampling(sampling: Sampling, processor: Pick<Processor, "tokenPieces">): Omit<SamplingOptions, "stop_ids"> {
  return { ...sampling, pieces: sampling.stop_strings.length > 0 ? processor.tokenPieces() : undefined };
}
