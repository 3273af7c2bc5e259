import { groupBy } from "../../core/group-by.ts";
import type { Scored, ScoreRequest, Scorer } from "../../core/types.ts";

/** A completion that was written down, and where it comes from. */
export interface Case {
  /** what it is called where it is shown: the row's id, and the member of its group */
  id: string;
  request: ScoreRequest;
  /** of one prompt with others of the same name; a group of its own where null */
  group: string | null;
  /** of the run that wrote it; undefined for rows of a file */
  stage?: string;
  /** what it got when it was recorded; null for rows that nobody scored */
  recorded: Scored | null;
}

/**
 * Scores cases, groups among them as wholes, order kept. `atOnce` at the same time: what runs in this thread takes its time one after the other, and
 * those that wait would seem to take longer.
 */
export async function scoreCases(
  scorer: Pick<Scorer, "score" | "scoreGroup">,
  cases: readonly Case[],
  { atOnce = Number.POSITIVE_INFINITY }: { atOnce?: number } = {},
): Promise<Scored[]> {
  const scored: Scored[] = [];
  while (scored.length < cases.length) {
    const next = cases.slice(scored.length, scored.length + atOnce);
    scored.push(...(await Promise.all(next.map(({ request }) => scorer.score(request)))));
  }
  if (scorer.scoreGroup === undefined) return scored;
  const groups = [...groupBy(cases.keys(), (i) => cases[i]!.group ?? i).values()];
  await Promise.all(
    groups.map(async (members) => {
      const finished = await scorer.scoreGroup!(
        members.map((i) => cases[i]!.request),
        members.map((i) => scored[i]!),
      );
      for (const [m, i] of members.entries()) scored[i] = finished[m]!;
    }),
  );
  return scored;
}
