import type { Case } from "../../rewards/workbench/cases.ts";
import type { Agreement } from "../../rewards/workbench/compare.ts";
import { EXIT } from "../exit.ts";
import { shortNumber } from "../terminal/number.ts";
import { table } from "../terminal/table.ts";
import { paint, type Terminal } from "../terminal/terminal.ts";
import { printable, truncate } from "../terminal/text.ts";
import { readCases } from "./reward-cases.ts";
import { namedRewards, openScorer } from "./reward-open.ts";
import { headOf } from "./reward-test.ts";

export interface RewardCompareOptions {
  stageA?: string;
  stageB?: string;
  thresholdA?: number;
  thresholdB?: number;
  most: number;
  json?: boolean;
}

/** Says how far two rewards agree on the same completions; returns the exit code. */
export async function rewardCompare(
  a: string,
  b: string,
  data: string,
  options: RewardCompareOptions,
  terminal: Terminal,
): Promise<number> {
  const [{ scoreCases }, { compareScores }] = await Promise.all([
    import("../../rewards/workbench/cases.ts"),
    import("../../rewards/workbench/compare.ts"),
  ]);
  const first = await openScorer(await namedRewards(a, [], options.stageA), a);
  try {
    const second = await openScorer(await namedRewards(b, [], options.stageB), b);
    try {
      const targets = [first, second].flatMap((scorer) => Object.values(scorer.targets ?? {}));
      const cases = await readCases(data, [...new Set(targets)]);
      const scores = await Promise.all(
        [first, second].map(async (scorer) => (await scoreCases(scorer, cases)).map(({ reward }) => reward)),
      );
      const thresholds = { a: options.thresholdA, b: options.thresholdB };
      const found = compareScores(scores[0]!, scores[1]!, { thresholds, most: options.most });
      if (options.json) {
        const differ = found.differ.map(({ index, ...rest }) => ({
          id: cases[index]!.id,
          completion: cases[index]!.request.completion,
          ...rest,
        }));
        terminal.out(`${JSON.stringify({ ...found, differ })}\n`);
      } else {
        terminal.out(`${reportLines(found, cases, { a, b }, terminal).join("\n")}\n`);
      }
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
  return EXIT.ok;
}

function reportLines(found: Agreement, cases: readonly Case[], names: { a: string; b: string }, terminal: Terminal): string[] {
  const { confusion, thresholds } = found;
  const number = (value: number | null) => (value === null ? "–" : shortNumber(value));
  const side = (sign: string, threshold: number) => `${sign} ${shortNumber(threshold)}`;
  return [
    `a: ${printable(names.a)}, mean ${number(found.mean_a)}`,
    `b: ${printable(names.b)}, mean ${number(found.mean_b)}`,
    `${found.both} completions scored by both, ${found.only_a} by a alone, ${found.only_b} by b alone`,
    `Kendall's tau-b ${number(found.tau)}, on the same side ${found.agreement === null ? "–" : `${Math.round(100 * found.agreement)} %`}`,
    "",
    ...table(
      [
        { title: "", cells: [`a ${side(">=", thresholds.a)}`, `a ${side("<", thresholds.a)}`] },
        { title: `b ${side(">=", thresholds.b)}`, cells: [confusion.yes_yes, confusion.no_yes].map(String), right: true },
        { title: `b ${side("<", thresholds.b)}`, cells: [confusion.yes_no, confusion.no_no].map(String), right: true },
      ],
      terminal.width(),
    ),
    ...(found.differ.length === 0 ? [] : ["", paint("ranked most differently", "bold", terminal)]),
    ...found.differ
      .flatMap(({ index, a, b }) => [
        `  ${cases[index]!.id}: a ${shortNumber(a)}, b ${shortNumber(b)}`,
        `    ${headOf(cases[index]!.request.completion)}`,
      ])
      .map((line) => truncate(printable(line), Math.max(terminal.width(), 120))),
  ];
}
