import { DataError } from "../core/errors.ts";
import { deriveSeed } from "../core/random.ts";
import type { Message, Part } from "../core/types.ts";
import { readPicture } from "../datasets/picture.ts";
import { checkLength } from "../models/length.ts";
import { startEngine } from "./engine.ts";
import type { Sampling } from "./options.ts";
import { engineSampling } from "./sampling.ts";

export interface GenerateOptions {
  /** a Hugging Face folder */
  checkpoint: string;
  /** a picture file, or null to ask about none */
  image: string | null;
  question: string;
  sampling: Sampling;
  seed: number;
  samples: number;
}

export interface Generated {
  text: string;
  tokens: number;
  /** of the whole completion, nats */
  logprob: number;
  finish: "stop" | "length";
}

/** Asks a checkpoint one question, about a picture or not, and gives its answers in order. */
export async function generateOnce({ checkpoint, image, question, sampling, seed, samples }: GenerateOptions): Promise<Generated[]> {
  const [{ loadProcessor }, { modelFolders }] = await Promise.all([import("../models/processor/load.ts"), import("../models/folders.ts")]);
  const processor = await loadProcessor((await modelFolders(checkpoint)).files);
  const { prompt } = await processor.encodePrompt(await messagesOf(image, question));
  checkLength("the question", { prompt: prompt.tokens.length, after: sampling.max_new_tokens }, processor.contextLength);
  const engine = await startEngine({ folder: checkpoint, open: {}, slots: samples, threads: 0 });
  try {
    const answers: Generated[] = [];
    const seeds = [Array.from({ length: samples }, (_, i) => deriveSeed(seed, "generate", i))];
    const drawing = { ...engineSampling(sampling, processor), stop_ids: processor.stopIds };
    await engine.sample({ prompts: [prompt], seeds, sampling: drawing }, (completion) => {
      answers[completion.member] = {
        text: processor.decode(completion.tokens),
        tokens: completion.tokens.length,
        logprob: completion.logprobs.reduce((sum, lp) => sum + lp, 0),
        finish: completion.finish,
      };
    });
    return answers;
  } finally {
    await engine.close();
  }
}

async function messagesOf(image: string | null, question: string): Promise<Message[]> {
  const parts: Part[] = [{ type: "text", text: question }];
  if (image !== null) {
    const picture = await readPicture(image);
    if (!("data" in picture)) throw new DataError({ place: { file: image }, ...picture });
    parts.unshift({ type: "image", image: picture });
  }
  return [{ role: "user", content: parts }];
}
