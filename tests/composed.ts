import { parse } from "yaml";
import { z } from "zod";
import type { ScoreRequest } from "../core/types.ts";
import { createScorer } from "../rewards/compose.ts";
import type { JudgeSpecs } from "../rewards/judges/schema.ts";
import { RewardSpec } from "../rewards/options.ts";
import { turnsByTag } from "../rewards/turns.ts";

export interface Composed {
  reward: number | null;
  outcome: number | null;
  /** raw scores by part; null for one that gave none */
  parts: Record<string, number | null>;
  /** what parts report beside their scores, all in one */
  metrics: Record<string, number>;
}

type Asked = Partial<Omit<ScoreRequest, "example" | "completion">>;

/**
 * A recipe's `rewards` in YAML as a run has them: schemas, the check of the row, each part, the sum. Throws for a row that a run would refuse,
 * and for a part that fails. What stands in `<tool_response>` the environment wrote, tags included.
 */
export function composed(yaml: string, judges: JudgeSpecs = {}) {
  const specs = z.array(RewardSpec).parse(parse(yaml));
  return async (completion: string, fields: Record<string, unknown>, asked: Asked = {}): Promise<Composed> => {
    const scorer = await createScorer(specs, { folder: "/nowhere", seed: 0, judges, workers: 1 });
    try {
      const example = { id: "a", fields };
      const ill = await scorer.check(example);
      if (ill.length > 0) throw new Error(ill.join("; "));
      const turns = turnsByTag(completion, "tool_response");
      const { parts, reward, outcome = null } = await scorer.score({ example, completion, turns, tokens: 10, finish: "stop", ...asked });
      const failed = parts.flatMap(({ name, outcome: one }) => ("message" in one ? [`${name}: ${one.message}`] : []));
      if (failed.length > 0) throw new Error(failed.join("; "));
      const scores = parts.map(({ name, outcome: one }) => [name, one.kind === "score" ? one.score : null]);
      const metrics = parts.flatMap(({ outcome: one }) => (one.kind === "score" ? Object.entries(one.metrics ?? {}) : []));
      return { reward, outcome, parts: Object.fromEntries(scores), metrics: Object.fromEntries(metrics) };
    } finally {
      await scorer.close();
    }
  };
}
