import type { RewardPart, Scorer } from "../../core/types.ts";

/** One completion that a trainer asks about. */
export interface Asked {
  /** the row's fields: what a dataset of ours would have held */
  fields: Record<string, unknown>;
  completion: string;
  /** number of tokens, where the trainer says; otherwise the number of characters, which a length reward should not be held to */
  tokens?: number;
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
export function scoreAll(scorer: Pick<Scorer, "score">, asked: readonly Asked[]): Promise<Answered[]> {
  return Promise.all(
    asked.map(async ({ fields, completion, tokens }, i) => {
      const example = { id: typeof fields.id === "string" ? fields.id : `request:${i}`, fields };
      const { parts, reward } = await scorer.score({ example, completion, tokens: tokens ?? completion.length, finish: "stop" });
      return { reward, scores: scoresOf(parts), failures: reward === null ? failuresOf(parts) : [] };
    }),
  );
}

function scoresOf(parts: readonly RewardPart[]): Record<string, number> {
  return Object.fromEntries(parts.flatMap(({ name, outcome }) => (outcome.kind === "score" ? [[name, outcome.score]] : [])));
}

function failuresOf(parts: readonly RewardPart[]): string[] {
  const failed = parts.flatMap(({ name, outcome }) => ("message" in outcome ? [`${name}: ${outcome.kind}: ${outcome.message}`] : []));
  return failed.length > 0 ? failed : ["no reward applies to this row"];
}
