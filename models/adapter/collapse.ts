import type { Problem } from "../../core/errors.ts";

export type Finding = Omit<Problem, "place">;

/** Findings that differ in the number of a layer alone become one, the first, which says how many more there are. */
export function collapse(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.field, finding.message].map((text) => text?.replace(/\.\d+\./g, ".N.")));
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map(([first, ...others]) => {
    if (others.length === 0) return first!;
    return { ...first!, message: `${first!.message}, and ${others.length} more layer${others.length === 1 ? "" : "s"}` };
  });
}
