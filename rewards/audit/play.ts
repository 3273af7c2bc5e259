import type { Example, RewardPart, ScoreRequest, Scorer } from "../../core/types.ts";
import type { Finding } from "./audit.ts";

/** Members of a group that all say the same: rewards of a whole group see a policy that has settled. */
const GROUP = 4;
/** A rough token of English text, for rewards of length: the audit has no tokenizer. */
const CHARS_PER_TOKEN = 4;
/** A completion with what it got: null where nothing applied or a part failed. */
export interface Played {
  example: Example;
  completion: string;
  reward: number | null;
  /** each part's score, or why there is none */
  parts: Record<string, string>;
  /** which part failed and how */
  failure: string | null;
}

/** Has completions scored, each once for a row, and keeps the first failure of each policy. */
export class Player {
  /** what failed: an error, a timeout, NaN, a score out of its range */
  readonly failures: Finding[] = [];
  private readonly memory = new Map<Example, Map<string, Promise<Played>>>();

  constructor(private readonly scorer: Scorer) {}

  /** `policy` is who says it, for a failure. */
  async play(example: Example, completion: string, policy: { name: string; long?: boolean | undefined }): Promise<Played> {
    const known = this.memory.get(example) ?? new Map<string, Promise<Played>>();
    this.memory.set(example, known);
    const asked = known.get(completion) ?? this.ask(example, completion, policy.long === true);
    known.set(completion, asked);
    const played = await asked;
    const { failure: message, parts } = played;
    if (message !== null && !this.failures.some((one) => one.policy === policy.name)) {
      this.failures.push({ kind: "failed", policy: policy.name, row: example.id, completion, parts, message });
    }
    return played;
  }

  private async ask(example: Example, completion: string, long: boolean): Promise<Played> {
    const tokens = Math.ceil(completion.length / CHARS_PER_TOKEN);
    const request: ScoreRequest = {
      example,
      completion,
      tokens,
      finish: long ? "length" : "stop",
      tokenIds: new Int32Array(tokens),
      logprobs: new Float32Array(tokens),
    };
    const alone = await this.scorer.score(request);
    const group = await this.scorer.scoreGroup?.(Array(GROUP).fill(request), Array(GROUP).fill(alone));
    const { reward, parts } = group?.[0] ?? alone;
    const failed = parts.find(({ outcome }) => outcome.kind === "error" || outcome.kind === "timeout");
    const texts = Object.fromEntries(parts.map((part) => [part.name, partText(part)]));
    return { example, completion, reward, parts: texts, failure: failed === undefined ? null : `part ${failed.name}: ${partText(failed)}` };
  }
}

function partText({ outcome }: RewardPart): string {
  if (outcome.kind === "score") return String(Math.round(outcome.score * 1e4) / 1e4);
  return "message" in outcome ? `${outcome.kind}: ${outcome.message}` : "–";
}
