import { afterEach } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import type { Scored, ScoreRequest, Scorer } from "../../core/types.ts";
import { createScorer } from "../../rewards/compose.ts";
import { JudgeSpecs } from "../../rewards/judges/schema.ts";
import { RewardSpec } from "../../rewards/options.ts";
import { episode, type WrittenTurn } from "../../rewards/turns.ts";

const Recipe = z.strictObject({ judges: JudgeSpecs.default({}), rewards: z.array(RewardSpec) });
const opened: Scorer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((scorer) => scorer.close()));
});

/** For tests: the `rewards` and `judges` of a recipe in YAML, as a run composes them, asked about trajectories of one row. */
export async function recipeRewards(yaml: string, { folder = "/nowhere" }: { folder?: string } = {}) {
  const { rewards, judges } = Recipe.parse(parse(yaml));
  const scorer = await createScorer(rewards, { folder, seed: 0, judges });
  opened.push(scorer);

  /** Completions of one row, scored as a group. */
  async function group(members: readonly (readonly WrittenTurn[])[], fields: Record<string, unknown>): Promise<Scored[]> {
    const example = { id: "row", fields };
    const problems = await scorer.check(example);
    if (problems.length > 0) throw new Error(problems.join("; "));
    const requests = members.map((written): ScoreRequest => ({ example, finish: "stop", ...episode(written) }));
    const scored = await Promise.all(requests.map((request) => scorer.score(request)));
    return scorer.scoreGroup === undefined ? scored : scorer.scoreGroup(requests, scored);
  }

  const one = async (written: readonly WrittenTurn[], fields: Record<string, unknown>) => (await group([written], fields))[0]!;

  /** A reward, or what failed. */
  async function reward(written: readonly WrittenTurn[], fields: Record<string, unknown>): Promise<number> {
    const scored = await one(written, fields);
    if (scored.reward === null) throw new Error(JSON.stringify(scored.parts));
    return scored.reward;
  }

  return { scorer, group, one, reward };
}

/** The score of a part, by its name. */
export function partScore({ parts }: Scored, name: string): number {
  const outcome = parts.find((part) => part.name === name)?.outcome;
  if (outcome?.kind !== "score") throw new Error(`${name}: ${JSON.stringify(outcome)}`);
  return outcome.score;
}
