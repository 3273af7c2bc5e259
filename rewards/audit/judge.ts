import type { Example } from "../../core/types.ts";
import type { Way } from "./honest.ts";
import type { Player } from "./play.ts";
import { othersOf, type Seen, seenOf } from "./policies.ts";
import { spellings } from "./values.ts";

const HONEST = { name: "honest" };
/** Of each row that all ways are tried on, so many of the best are tried on every row. */
const KEPT = 2;

/** A row with what honesty and doing nothing get on it. */
export interface Judged {
  seen: Seen;
  way: Way;
  honest: number;
  worst: number;
}

/**
 * Finds how an honest policy writes each of the chosen rows, and what it and the worst get. All ways are tried on the first `probed` rows, and on the
 * others those that were best there. Rows that can't be written or scored are left out. `rows` are those that others may speak of.
 */
export async function judge(
  player: Player,
  ways: readonly Way[],
  { chosen, rows, probed }: { chosen: readonly Example[]; rows: readonly Example[]; probed: number },
): Promise<Judged[]> {
  const first = await Promise.all(chosen.slice(0, probed).map((example) => paid(player, example, ways)));
  const best = new Set(first.flatMap((each) => each.slice(0, KEPT).map(({ way }) => way)));
  const rest = await Promise.all(chosen.slice(probed).map((example) => paid(player, example, [...best])));
  const judged = await Promise.all(
    [...first, ...rest].map(async ([top], i): Promise<Judged | null> => {
      if (top === undefined) return null;
      const example = chosen[i]!;
      const seen = seenFor(example, top.way, [...best], rows);
      const floor = await Promise.all([
        player.play(example, "", { name: "empty" }),
        player.play(example, seen.wrong[0]!, { name: "never_tool" }),
      ]);
      const worst = Math.min(...floor.flatMap(({ reward }) => (reward === null ? [] : [reward])), top.reward);
      return { seen, way: top.way, honest: top.reward, worst };
    }),
  );
  return judged.filter((one) => one !== null);
}

/** What each way gets on a row, the best first, ways of equal reward in their order. */
async function paid(player: Player, example: Example, ways: readonly Way[]): Promise<{ way: Way; reward: number }[]> {
  const played = await Promise.all(
    ways.map(async (way) => {
      const completion = way.write(example);
      const reward = completion === null ? null : (await player.play(example, completion, HONEST)).reward;
      return reward === null ? [] : [{ way, reward }];
    }),
  );
  return played.flat().sort((a, b) => b.reward - a.reward);
}

function seenFor(example: Example, way: Way, ways: readonly Way[], rows: readonly Example[]): Seen {
  const { field, spelling } = way;
  const text = (one: Example) => spellings(one.fields[field])[spelling] ?? spellings(one.fields[field])[0];
  const stranger = othersOf(example, field, rows)[0] ?? null;
  // what is written besides the answer is another row's, so that nothing of this one is known; without one, nothing is said there
  const blank: Example = { id: "", fields: { [field]: "x" } };
  const forms = [way, ...ways].filter((one) => one.field === field);
  const write = (answers: readonly string[]): string => {
    for (const form of forms) {
      const completion = (stranger === null ? null : form.write(stranger, answers)) ?? form.write(blank, answers);
      if (completion !== null) return completion;
    }
    return answers.join("\n");
  };
  const all = rows.flatMap((one) => text(one) ?? []);
  const known = { field, spelling, rows, right: text(example) ?? "", all };
  return seenOf(example, known, { write, honestOf: (other) => way.write(other) });
}
