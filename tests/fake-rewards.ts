import { parse } from "yaml";
import { z } from "zod";
import type { Outcome, TurnSpan } from "../core/types.ts";
import { composedReward, rawOutcome } from "../rewards/algebra/evaluate.ts";
import { shownName } from "../rewards/algebra/formula.ts";
import { composition } from "../rewards/algebra/graph.ts";
import { Board } from "../rewards/board.ts";
import { RewardSpec } from "../rewards/options.ts";
import type { Part } from "../rewards/part.ts";

/** A score, null for "does not apply", or any other outcome. */
export type Given = number | null | Outcome;

export function specsOf(yaml: string): { specs: RewardSpec[]; names: string[] } {
  const specs = z.array(RewardSpec).parse(parse(yaml));
  return { specs, names: specs.map((spec) => shownName(spec)) };
}

/** For tests: a recipe's `rewards` in YAML, whose rewards are files that are called like their parts and need not be there. */
export function fakeRewards(yaml: string) {
  const { specs, names } = specsOf(yaml);
  const composed = composition(specs, names);

  /** The reward of a completion for which each part gives the score of its name. `asked` are the parts that were asked for one. */
  async function reward(scores: Record<string, Given>, fields: Record<string, unknown> = {}, turns?: TurnSpan[]) {
    const asked: string[] = [];
    const parts = specs.map(({ part }, i): Part | null => (part === undefined ? fakePart(names[i]!, scores, asked) : null));
    const member = { completion: "", exampleId: "a", fields, seed: 0, tokens: 0, finish: "stop", turns } as const;
    const board = new Board(composed, parts, [member]);
    await board.settle(composed.order);
    const outcomes = names.map((_, i) => board.part(0, i).outcome);
    return { reward: composedReward(composed, outcomes), outcome: rawOutcome(composed, outcomes), outcomes, asked };
  }
  return { specs, names, reward };
}

function fakePart(name: string, scores: Record<string, Given>, asked: string[]): Part {
  return {
    name,
    version: 1,
    field: "answer",
    scope: "completion",
    check: async () => [],
    async score() {
      asked.push(name);
      const given = scores[name];
      if (given === undefined) throw new Error(`the test gives no score of ${name}`);
      const outcome: Outcome = typeof given === "number" ? { kind: "score", score: given } : (given ?? { kind: "not_applicable" });
      return { outcomes: [outcome], latencyMs: 0 };
    },
  };
}
