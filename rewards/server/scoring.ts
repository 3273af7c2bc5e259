import { groupBy } from "../../core/group-by.ts";
import type { RewardPart, Scored, ScoreRequest, Scorer, TurnSpan } from "../../core/types.ts";

/** One completion that a trainer asks about. */
export interface Asked {
  /** the row's fields: what a dataset of ours would have held */
  fields: Record<string, unknown>;
  completion: string;
  /** number of tokens, where the trainer says; otherwise the number of characters, which a length reward should not be held to */
  tokens?: number;
  /** who wrote what, where the trainer says */
  turns?: readonly TurnSpan[];
  /** of one prompt with others of the same name; a group of its own unless given */
  group?: string;
}

export interface Answered {
  /** null where it could not be scored: nothing applied, or a part failed */
  reward: number | null;
  /** the score of every part that gave one */
  scores: Record<string, number>;
  /** why there is no reward, a line a part that failed; empty where there is one */
  failures: string[];
}

/** Scores completions of a trainer, all at once: the scorer's own pool says how many at a time. Order is kept. */
export async function scoreAll(scorer: Pick<Scorer, "score" | "scoreGroup">, asked: readonly Asked[]): Promise<Answered[]> {
  const requests = asked.map(({ fields, completion, tokens, turns }, i): ScoreRequest => {
    const example = { id: typeof fields.id === "string" ? fields.id : `request:${i}`, fields };
    return { example, completion, tokens: tokens ?? completion.length, finish: "stop", turns };
  });
  const scored = await Promise.all(requests.map((request) => scorer.score(request)));
  const whole = scorer.scoreGroup === undefined ? scored : await finishGroups(scorer.scoreGroup.bind(scorer), asked, requests, scored);
  return whole.map(({ parts, reward }) => ({ reward, scores: scoresOf(parts), failures: reward === null ? failuresOf(parts) : [] }));
}

async function finishGroups(
  scoreGroup: NonNullable<Scorer["scoreGroup"]>,
  asked: readonly Asked[],
  requests: readonly ScoreRequest[],
  scored: readonly Scored[],
): Promise<Scored[]> {
  const out: Scored[] = [];
  await Promise.all(
    [...groupBy(asked.keys(), (i) => asked[i]!.group ?? `alone ${i}`).values()].map(async (members) => {
      // the row of a group is its first member's: columns of one prompt are alike
      const { example } = requests[members[0]!]!;
      const finished = await scoreGroup(
        members.map((i) => ({ ...requests[i]!, example })),
        members.map((i) => scored[i]!),
      );
      members.forEach((i, m) => {
        out[i] = finished[m]!;
      });
    }),
  );
  return out;
}

function scoresOf(parts: readonly RewardPart[]): Record<string, number> {
  return Object.fromEntries(parts.flatMap(({ name, outcome }) => (outcome.kind === "score" ? [[name, outcome.score]] : [])));
}

function failuresOf(parts: readonly RewardPart[]): string[] {
  const failed = parts.flatMap(({ name, outcome }) => ("message" in outcome ? [`${name}: ${outcome.kind}: ${outcome.message}`] : []));
  return failed.length > 0 ? failed : ["no reward applies to this row"];
}
