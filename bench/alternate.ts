/**
 * Median milliseconds of each task, the tasks taking turns so that a drift of the machine's speed meets all of them: `warmUp` rounds that do
 * not count, then `repeats`, or fewer once `budgetMs` is spent, but one at least.
 */
export async function alternate<Name extends string>(
  tasks: Record<Name, () => Promise<unknown>>,
  repeats: number,
  { warmUp = 2, budgetMs = Infinity }: { warmUp?: number; budgetMs?: number } = {},
): Promise<Record<Name, number>> {
  const names = Object.keys(tasks) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  let begun = performance.now();
  for (let i = -warmUp; i < repeats; i++) {
    if (i === 0) begun = performance.now();
    if (i > 0 && performance.now() - begun > budgetMs) break;
    for (const name of names) {
      const started = performance.now();
      await tasks[name]();
      if (i >= 0) times[name].push(performance.now() - started);
    }
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}
