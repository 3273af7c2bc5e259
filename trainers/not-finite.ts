import type { Engine, LossSpec, TrainRow } from "../engines/engine.ts";

/** More names than these help nobody. */
const SHOWN = 8;

/**
 * What to say of an update that was skipped because its gradient is not finite: which completions' own gradients are not, found by taking
 * each alone through the passes again. The policy must still be the one of that gradient, which it is: nothing changed.
 *
 * `nameOf` says what completion `member` of a row is called.
 */
export async function skippedUpdate(
  engine: Pick<Engine, "gradientNorms">,
  rows: readonly TrainRow[],
  loss: LossSpec,
  nameOf: (row: number, member: number) => string,
): Promise<string> {
  const alone = rows.flatMap((row) => row.completions.map((completion) => ({ ...row, completions: [completion] })));
  const names = rows.flatMap(({ completions }, r) => completions.map((_, m) => nameOf(r, m)));
  const norms = await engine.gradientNorms(alone, loss);
  const guilty = names.filter((_, i) => !Number.isFinite(norms[i]!));
  const more = guilty.length > SHOWN ? ` and ${guilty.length - SHOWN} more` : "";
  const whose =
    guilty.length === 0 ? "none of its rows has such a gradient alone" : `it is that of ${guilty.slice(0, SHOWN).join(", ")}${more}`;
  return `the gradient is not finite, the update was skipped; ${whose}`;
}
