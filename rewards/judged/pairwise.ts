import { z } from "zod";
import { Random } from "../../core/random.ts";
import { defineReward, type Failure } from "../define.ts";
import { askFor, JudgeFailed, judgeOptions } from "../judges/asked.ts";
import { fillQuestion, lastLabelled, WARNING } from "../judges/question.ts";
import { judgedReward } from "./base.ts";

const QUESTION = `Which of two responses is better?

First:
{first}

Second:
{second}

${WARNING}

Write your reasons in a few sentences, then a last line: BETTER: first, BETTER: second or BETTER: neither`;

const Options = z.strictObject({
  ...judgeOptions,
  opponents: z.int().min(1).default(2).describe("siblings that each completion is compared with, at most all"),
});

type Winner = "first" | "second" | "neither";

/**
 * The share of comparisons with siblings that a completion wins, a draw half: in [0, 1]; 1/2 for one that has no siblings. Who is compared
 * with whom is a ring in seeded order, which of the two is shown first is drawn too: a judge that prefers the first pays nobody.
 * Source: pairwise comparison, Zheng et al. (arXiv:2306.05685); the ring is this project's.
 */
export const judgePairwise = defineReward({
  name: "judge_pairwise",
  scope: "group",
  ...judgedReward,
  options: Options,
  reads: "all",
  examples: [{ completion: "It is 15.", siblings: ["15"], options: { judge: "teacher" }, judge: "BETTER: neither", score: 1 / 2 }],
  async score(members) {
    const first = members[0]!;
    const { options, seed, exampleId, example } = first;
    const random = Random.of(seed, "judge_pairwise", exampleId);
    const pairs = ring(members.length, options.opponents, random);
    const results = await Promise.all(
      pairs.map(async ([a, b]) => {
        const prompt = fillQuestion(QUESTION, { first: members[a]!.completion, second: members[b]!.completion }, example);
        return askFor<Winner>(first, prompt, readWinner).catch(failureOf);
      }),
    );
    return members.map((_, member) => {
      let won = 0;
      let count = 0;
      for (const [i, [a, b]] of pairs.entries()) {
        if (a !== member && b !== member) continue;
        const result = results[i]!;
        if (typeof result !== "string") return result;
        count++;
        won += result === "neither" ? 0.5 : (result === "first") === (a === member) ? 1 : 0;
      }
      return count === 0 ? 0.5 : won / count;
    });
  },
});

/** A comparison that failed is a failure of the two it is about. */
function failureOf(error: unknown): Failure {
  if (error instanceof JudgeFailed) return error.failure;
  throw error;
}

/** Pairs of a seeded ring: each with the `opponents` after it, as far as there are such and no pair comes twice; the order in a pair is drawn. */
export function ring(count: number, opponents: number, random: Random): [number, number][] {
  const order = random.shuffled(Array.from({ length: count }, (_, i) => i));
  const pairs: [number, number][] = [];
  const seen = new Set<string>();
  for (let distance = 1; distance <= Math.min(opponents, count - 1); distance++) {
    for (let i = 0; i < count; i++) {
      const [a, b] = [order[i]!, order[(i + distance) % count]!];
      const key = `${Math.min(a, b)},${Math.max(a, b)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      pairs.push(random.uniform() < 0.5 ? [a, b] : [b, a]);
    }
  }
  return pairs;
}

export function readWinner(text: string): Winner | null {
  const said = lastLabelled(text, "better")?.toLowerCase() ?? "";
  return (["first", "second", "neither"] as const).find((winner) => new RegExp(`^${winner}\\b`).test(said)) ?? null;
}
