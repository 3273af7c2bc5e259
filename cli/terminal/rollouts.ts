/** What rollouts look like in a terminal: a group under its prompt. */
import { groupBy } from "../../core/group-by.ts";
import type { RewardPart } from "../../core/types.ts";
import type { StoredRollout } from "../../rollouts/schema.ts";
import { shortNumber } from "./number.ts";
import { paint, type Terminal } from "./terminal.ts";
import { printable, wrap } from "./text.ts";

export type Shown = StoredRollout;

/** Groups in their own order, or by their mean reward with the best first and within a group likewise; unscored ones last. */
export function sortGroups(rollouts: Shown[], sort: "order" | "reward"): Shown[][] {
  const groups = groupBy(rollouts, ({ group }) => group);
  const sorted = [...groups.entries()].sort(([a], [b]) => a - b).map(([, members]) => members.sort((a, b) => a.member - b.member));
  if (sort === "order") return sorted;
  const value = ({ reward }: Shown) => reward ?? Number.NEGATIVE_INFINITY;
  // Subtracting two infinities would be NaN.
  const down = (a: number, b: number) => (a === b ? 0 : a > b ? -1 : 1);
  for (const members of sorted) members.sort((a, b) => down(value(a), value(b)));
  return sorted.sort((a, b) => down(meanReward(a) ?? Number.NEGATIVE_INFINITY, meanReward(b) ?? Number.NEGATIVE_INFINITY));
}

function meanReward(rollouts: Shown[]): number | null {
  const rewards = rollouts.map(({ reward }) => reward).filter((reward) => reward !== null);
  return rewards.length === 0 ? null : rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
}

/** `rl step 12 · 16 groups, 128 rollouts · reward 1.2 on average · 3 not scored` */
export function summaryOf(rollouts: Shown[]): string {
  const first = rollouts[0];
  const mean = meanReward(rollouts);
  const unscored = rollouts.filter(({ reward }) => reward === null).length;
  return [
    ...(first === undefined ? [] : [`${printable(first.stage)} step ${first.step}`]),
    `${new Set(rollouts.map(({ group }) => group)).size} groups, ${rollouts.length} rollouts`,
    ...(mean === null ? [] : [`reward ${shortNumber(mean)} on average`]),
    ...(unscored === 0 ? [] : [`${unscored} not scored`]),
  ].join(" · ");
}

/** One group: its prompt, then each completion under its numbers. */
export function rolloutLines(members: Shown[], terminal: Pick<Terminal, "color" | "width">): string[] {
  const first = members[0]!;
  const width = Math.max(20, terminal.width() - 2);
  const indent = (text: string, spaces: string) => wrap(printable(text), width - spaces.length).map((line) => `${spaces}${line}`);
  const picture = first.pictureRef === null ? "" : ` · picture ${printable(first.pictureRef)}`;
  return [
    "",
    paint(`group ${first.group} · ${printable(first.exampleId)}${picture}`, "bold", terminal),
    ...indent(shortPrompt(first.promptText), "  ").map((line) => paint(line, "dim", terminal)),
    ...members.flatMap((rollout) => [headOf(rollout), ...indent(rollout.text, "      ")]),
  ];
}

function headOf({ member, reward, advantage, finish, tokens, parts }: Shown): string {
  const signed = (value: number) => `${value > 0 ? "+" : ""}${shortNumber(value)}`;
  const numbers = [
    reward === null ? "not scored" : `reward ${shortNumber(reward)}`,
    ...(advantage === null ? [] : [`advantage ${signed(advantage)}`]),
    ...parts.map(partText),
    `${tokens.length} tokens`,
    finish,
  ];
  return `  [${member}] ${numbers.join(" · ")}`;
}

function partText({ name, outcome }: RewardPart): string {
  const label = printable(name);
  switch (outcome.kind) {
    case "score":
      return `${label} ${shortNumber(outcome.score)}`;
    case "not_applicable":
      return `${label} –`;
    default:
      return `${label} ${outcome.kind}: ${printable(outcome.message).split("\n")[0]}`;
  }
}

/** A run of one placeholder, of which a picture has hundreds, as the placeholder and how many. */
function shortPrompt(text: string): string {
  return text.trim().replaceAll(/(<[^<>\s]{1,40}>)\1{3,}/g, (run, one: string) => `${one}×${run.length / one.length}`);
}
