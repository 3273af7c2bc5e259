import type { Problem } from "../core/errors.ts";
import type { Rollout } from "../core/types.ts";

/** How many failures of a reward are shown when it stops a run. */
const SHOWN = 3;
/** Characters of a completion that are shown. */
const HEAD = 80;

export interface WatchedPart {
  name: string;
  /** the share of failures above which it is failing; 1 for a part that may fail */
  limit: number;
}

interface Tally {
  scores: number;
  failures: number;
  shown: string[];
}

/** Counts failures of rewards, time-outs included, over the rollouts that it is told of. What does not apply is not counted at all. */
export class RewardHealth {
  private tallies = new Map<string, Tally>();

  constructor(private readonly parts: readonly WatchedPart[]) {}

  record({ exampleId, text, parts }: Pick<Rollout, "exampleId" | "text" | "parts">): void {
    for (const { name, outcome } of parts) {
      if (outcome.kind === "not_applicable") continue;
      const tally = this.tallies.get(name) ?? { scores: 0, failures: 0, shown: [] };
      this.tallies.set(name, tally);
      tally.scores++;
      if (outcome.kind === "score") continue;
      tally.failures++;
      const head = text.length > HEAD ? `${text.slice(0, HEAD)}…` : text;
      if (tally.shown.length < SHOWN) tally.shown.push(`${exampleId}: ${JSON.stringify(head)}: ${outcome.message}`);
    }
  }

  /** What is wrong with the rewards that failed too often since the last call: `file` is the recipe, `fieldOf` where in it each stands. Forgets what it counted. */
  take(file: string, fieldOf = (index: number) => `rewards[${index}]`): Problem[] {
    const counted = this.tallies;
    this.tallies = new Map();
    return this.parts.flatMap(({ name, limit }, i): Problem[] => {
      const { scores, failures, shown } = counted.get(name) ?? { scores: 0, failures: 0, shown: [] };
      if (failures === 0 || failures / scores <= limit) return [];
      const message = `"${name}" failed for ${failures} of ${scores} completions, a larger share than its error_limit of ${limit}`;
      const cure = [...shown, "Put it right and go on with --resume, or raise its error_limit: 1 lets it fail."].join("\n  ");
      return [{ place: { file }, field: fieldOf(i), message, cure }];
    });
  }
}
