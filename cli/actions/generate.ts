import { UserError } from "../../core/errors.ts";
import type { Generated, GenerateOptions } from "../../trainers/generate.ts";
import { Sampling } from "../../trainers/options.ts";
import { EXIT } from "../exit.ts";
import { shortNumber } from "../terminal/number.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { printable } from "../terminal/text.ts";

export interface GenerateCommandOptions {
  image?: string;
  temperature?: number;
  maxNewTokens?: number;
  seed: number;
  samples: number;
  json?: boolean;
}

export type Generate = (question: GenerateOptions) => Promise<Generated[]>;

const loaded: Generate = async (question) => (await import("../../trainers/generate.ts")).generateOnce(question);

/** Asks a checkpoint about a picture; returns the exit code. The answers go to the output, what is said about them beside it. */
export async function generateCommand(
  checkpoint: string,
  question: string,
  options: GenerateCommandOptions,
  terminal: Terminal,
  generate: Generate = loaded,
): Promise<number> {
  const { image = null, seed, samples, json } = options;
  const answers = await generate({ checkpoint, image, question, sampling: samplingOf(options), seed, samples });
  if (json) {
    terminal.out(`${JSON.stringify(answers)}\n`);
    return EXIT.ok;
  }
  for (const { text, tokens, logprob, finish } of answers) {
    terminal.out(`${printable(text)}\n`);
    terminal.err(`  (${tokens} tokens, logprob ${shortNumber(logprob)}, ended by ${finish})\n`);
  }
  return EXIT.ok;
}

/** One answer is the likeliest, greedily; several differ. */
function samplingOf({ temperature, maxNewTokens, samples }: GenerateCommandOptions): Sampling {
  const { data, error } = Sampling.safeParse({ temperature: temperature ?? (samples === 1 ? 0 : 1), max_new_tokens: maxNewTokens });
  if (data !== undefined) return data;
  throw new UserError(error.issues.map(({ path, message }) => ({ place: { file: `--${path.join(".").replaceAll("_", "-")}` }, message })));
}
