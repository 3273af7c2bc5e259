import { resolve } from "node:path";
import PQueue from "p-queue";
import type { Judge } from "./define.ts";
import type { LocalSpec } from "./schema.ts";

interface Generate {
  (messages: { role: string; content: string }[], options: object): Promise<unknown>;
  dispose(): Promise<unknown>;
}

/** A text model that transformers.js runs in this process, greedily, one question after the other. */
export function localJudge({ path, max_tokens }: LocalSpec, folder: string): Judge {
  const queue = new PQueue({ concurrency: 1 });
  const model = resolve(folder, path);
  let loaded: Promise<Generate> | undefined;
  return {
    identity: { path: model, max_tokens },
    close: () =>
      queue.add(async () => {
        const generate = await loaded?.catch(() => undefined); // one that did not load holds nothing
        loaded = undefined;
        await generate?.dispose();
      }),
    ask: ({ prompt, pictures = [] }) =>
      queue.add(async () => {
        if (pictures.length > 0) return { kind: "error", message: "a local judge sees no pictures" };
        try {
          loaded ??= load(model);
          const generate = await loaded;
          const output = await generate([{ role: "user", content: prompt }], { max_new_tokens: max_tokens, do_sample: false });
          return { kind: "answer", text: textOf(output) };
        } catch (error) {
          return { kind: "error", message: `the judge in ${model} failed: ${error instanceof Error ? error.message : String(error)}` };
        }
      }),
  };
}

async function load(model: string): Promise<Generate> {
  const { env, pipeline } = await import("@huggingface/transformers");
  env.allowRemoteModels = false;
  return (await pipeline("text-generation", model, { dtype: "fp32", local_files_only: true })) as unknown as Generate;
}

/** What the pipeline gives: the conversation with its answer at the end. */
function textOf(output: unknown): string {
  const [first] = output as { generated_text: string | { content: string }[] }[];
  const text = first!.generated_text;
  return typeof text === "string" ? text : text.at(-1)!.content;
}
