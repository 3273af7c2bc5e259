import { setTimeout as wait } from "node:timers/promises";
import PQueue from "p-queue";
import { z } from "zod";
import type { Picture } from "../../core/types.ts";
import type { Judge, JudgeAnswer, JudgeQuestion } from "./define.ts";
import type { ServedSpec } from "./schema.ts";

const Reply = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });

/** What a try came to: an answer, or a failure that another try may mend. */
type Try = JudgeAnswer & { again?: boolean; afterMs?: number | null };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** A server with OpenAI's chat completions: vLLM, SGLang, llama.cpp, or a hosted one. */
export function openaiJudge(spec: ServedSpec): Judge {
  const { url, model, temperature, max_tokens, retries, concurrency } = spec;
  const queue = new PQueue({ concurrency });
  return {
    identity: { url, model, temperature, max_tokens },
    ask: (question) =>
      queue.add(async () => {
        for (let attempt = 0; ; attempt++) {
          const { again = false, afterMs = null, ...answer } = await tryOnce(spec, question);
          if (!again || attempt === retries) return answer;
          await wait(Math.min(LONGEST_WAIT_MS, afterMs ?? FIRST_WAIT_MS * 2 ** attempt));
        }
      }),
  };
}

async function tryOnce(spec: ServedSpec, { prompt, pictures = [], sample = 0 }: JudgeQuestion): Promise<Try> {
  const { url, model, temperature, max_tokens, timeout_ms, api_key_env } = spec;
  const key = api_key_env === undefined ? undefined : process.env[api_key_env];
  if (api_key_env !== undefined && key === undefined) return { kind: "error", message: `the environment has no ${api_key_env}` };
  const images = await Promise.all(pictures.map(async (picture) => ({ type: "image_url", image_url: { url: await dataUrl(picture) } })));
  const content = images.length === 0 ? prompt : [...images, { type: "text", text: prompt }];
  const body = { model, temperature, max_tokens, seed: sample, messages: [{ role: "user", content }] };
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url.replace(/\/+$/, "")}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout_ms),
    });
    text = await response.text();
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError")
      return { kind: "timeout", message: `the judge at ${url} did not answer in ${timeout_ms} ms`, again: true };
    return { kind: "error", message: `the judge at ${url} can't be reached: ${causeOf(error)}`, again: true };
  }
  if (!response.ok) {
    const again = response.status === 429 || response.status >= 500;
    return {
      kind: "error",
      message: `the judge at ${url} answered ${response.status}: ${text.slice(0, 200)}`,
      again,
      afterMs: retryAfter(response),
    };
  }
  const parsed = Reply.safeParse(jsonOf(text));
  if (!parsed.success) return { kind: "error", message: `the judge at ${url} answered what is no chat completion: ${text.slice(0, 200)}` };
  return { kind: "answer", text: parsed.data.choices[0]!.message.content };
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function dataUrl({ width, height, data }: Picture): Promise<string> {
  const { default: sharp } = await import("sharp");
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}
