import type { SampleRequest } from "../engines/engine.ts";
import type { StageContext } from "../trainers/runner.ts";

/**
 * A crew whose engine answers at once and whose rewards differ within the groups of every third example only: 2, 5, 8, …
 */
export function instantContext() {
  const asked: number[] = [];
  const warnings: string[] = [];
  const crew = {
    engine: {
      async sample({ prompts, seeds }: SampleRequest, onCompletion: (completion: object) => void) {
        prompts.forEach((_, prompt) => {
          seeds[prompt]!.forEach((_, member) => {
            const tokens = Int32Array.of(member);
            onCompletion({ prompt, member, tokens, logprobs: Float32Array.of(-1), finish: "stop", startedMs: 0, finishedMs: 0 });
          });
        });
      },
    },
    processor: {
      decode: (tokens: Int32Array) => String(tokens[0]),
      encodePrompt: async () => ({ prompt: { tokens: Int32Array.of(0), pixels: null }, text: "" }),
      stopIds: [],
      tokenPieces: () => [],
    },
    environment: { start: () => [], reply: () => null },
    scorer: {
      names: ["right"],
      counted: ["right"],
      async score({ example, completion }: { example: { id: string }; completion: string }) {
        const reward = Number(example.id) % 3 === 2 ? Number(completion) : 1;
        return { parts: [{ name: "right", outcome: { kind: "score", score: reward }, latencyMs: 0 }], reward };
      },
    },
    train: {
      at: async (index: number) => {
        asked.push(index);
        return { id: String(index), fields: {} };
      },
    },
    maxLength: null,
  };
  const whole = {
    crew,
    seed: 0,
    stage: "rl",
    firstExample: 0,
    firstVersion: 0,
    warn: (message: string) => warnings.push(message),
    onSampled: () => {},
  } as unknown as StageContext;
  return { context: whole, asked, warnings };
}
