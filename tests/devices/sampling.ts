import { EmbeddedEngine } from "../../engines/embedded/engine.ts";
import { policyOf } from "../../engines/embedded/policy.ts";
import type { SampleRequest, SamplingOptions } from "../../engines/engine.ts";
import type { Executor } from "../../engines/executor.ts";
import { OnnxExecutor } from "../../engines/onnx/executor.ts";
import { losses } from "../../trainers/losses/index.ts";
import { decoderWeights, smallDecoder, textRows } from "../decoder-fixture.ts";
import { PLAIN, sampled } from "../engine-fixture.ts";

/** The last one's bytes are counted: weights are copied with the first, and a filter's logits with each token. */
const SAMPLING: Partial<SamplingOptions>[] = [
  { temperature: 0 },
  { temperature: 0.7, top_k: 5 },
  { temperature: 1, stop_ids: [1, 2, 3, 4] },
];
const TOKENS = 18;

/** The engine's own need of a place to write weights to, where none are written. */
const noStore = { exact: true, write: async () => {}, read: async () => {} };

/**
 * Completions of a small decoder on a device, several tokens a run, against those of onnx-cpu, a token a run: equal tokens and ends. Gives
 * the largest difference of their logprobs, in nats, and the bytes that were copied for a token; the difference is infinite where a token is
 * another.
 */
export async function checkSampling(executor: Executor): Promise<{ difference: number; bytes: number }> {
  const policy = policyOf(smallDecoder());
  const weights = decoderWeights(policy);
  const copy = () => Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, values.slice()]));
  const on = (runs: Executor, decoding: "host" | "device") =>
    new EmbeddedEngine(policy, copy(), losses, noStore, { slots: 8, threads: 1, executor: runs, decoding });
  const [there, here] = [on(executor, "device"), on(new OnnxExecutor({ threads: 1 }), "host")];
  const prompts = textRows(policy.model.vocab).map(({ prompt }) => prompt);
  const copied = () => executor.traffic.toDevice + executor.traffic.toHost;
  let [difference, bytes] = [0, 0];
  for (const change of SAMPLING) {
    const request: SampleRequest = {
      prompts,
      seeds: prompts.map((_, p) => [3 * p, 3 * p + 1, 3 * p + 2]),
      sampling: { ...PLAIN, max_new_tokens: TOKENS, ...change },
    };
    const before = copied();
    const [actual, expected] = [await sampled(there, request), await sampled(here, request)].map(({ completions }) => completions.flat());
    bytes = (copied() - before) / expected!.reduce((total, { tokens }) => total + tokens.length, 0);
    expected!.forEach(({ tokens, logprobs, finish }, i) => {
      const other = actual![i]!;
      if (`${other.tokens}` !== `${tokens}` || other.finish !== finish) difference = Number.POSITIVE_INFINITY;
      logprobs.forEach((value, t) => {
        const gap = Math.abs(value - other.logprobs[t]!);
        difference = Math.max(difference, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
      });
    });
  }
  await Promise.all([there.close(), here.close()]);
  return { difference, bytes };
}
