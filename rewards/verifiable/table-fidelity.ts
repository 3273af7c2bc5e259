import { z } from "zod";
import { defineReward } from "../define.ts";
import { type Cell, readDataFrame, type Table } from "../text/data-frame.ts";
import { longestCommon } from "../text/rouge.ts";

const Cells = z.array(z.union([z.number(), z.string(), z.boolean(), z.null()])).max(1000);

const Target = z
  .record(z.string().max(200), Cells)
  .refine((columns) => Object.keys(columns).length > 0 && Object.keys(columns).length <= 100, "expected 1 to 100 columns")
  .refine((columns) => new Set(Object.values(columns).map(({ length }) => length)).size === 1, "expected columns of one length")
  .transform(toTable) as unknown as z.ZodType<Table>;

/**
 * How faithful the table is that a completion builds in code: the first `chart_data = pd.DataFrame(…)`, read and never run.
 *
 *   score = 0.2 * columns + 0.1 * rows + 0.7 * values
 *
 * columns: share of the target's columns with a given one whose name is more than 50 % like it (the best counts; lower case, no
 * spaces; 2 * common subsequence / both lengths). rows: 1 for as many rows, else 0. values: mean over those pairs of the share of equal cells
 * among the first min(rows) rows; numbers within `relative_tolerance` of the target's, texts case and spaces aside, a missing
 * cell only with a missing one. Target: an object of columns, null for a missing cell.
 * Returns a number in [0, 1]; 0 without a table that can be read, and where the completion does not open with `mode`.
 * Source: Visual Programmability (arXiv:2509.09286), data-accuracy reward.
 */
export const tableFidelity = defineReward({
  name: "table_fidelity",
  target: Target,
  field: "table",
  options: z.strictObject({
    variable: z
      .string()
      .regex(/^[A-Za-z_]\w*$/, "expected a name")
      .default("chart_data")
      .describe("the name that the table is given in the code"),
    mode: z.string().min(1).nullable().default("<CODE>").describe("what the completion must open with; null asks for nothing"),
    relative_tolerance: z.number().min(0).max(1).default(0.01).describe("between numbers"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<CODE>\nchart_data = pd.DataFrame({'x': [1, 2]})", target: { x: [1, 2] }, score: 1 },
    { completion: "<CODE>\nchart_data = pd.DataFrame({'x': [1, 3]})", target: { x: [1, 2] }, score: 0.2 + 0.1 + 0.7 / 2 },
  ],
  score({ completion, target, options: { variable, mode, relative_tolerance } }) {
    if (mode !== null && !completion.trimStart().startsWith(mode)) return 0;
    const given = readDataFrame(completion, variable);
    return given === null ? 0 : fidelity(target, given, relative_tolerance);
  },
});

export function fidelity(target: Table, given: Table, tolerance: number): number {
  const shared = Math.min(target.rows, given.rows);
  const pairs = target.columns.flatMap((column) => {
    const match = bestMatch(column.name, given);
    return match === null ? [] : [shareEqual(column.cells, match, shared, tolerance)];
  });
  const columns = pairs.length / target.columns.length;
  const values = pairs.length === 0 ? 0 : pairs.reduce((sum, share) => sum + share, 0) / pairs.length;
  return 0.2 * columns + 0.1 * Number(target.rows === given.rows) + 0.7 * values;
}

function bestMatch(name: string, given: Table): Cell[] | null {
  let [best, cells]: [number, Cell[] | null] = [0.5, null];
  for (const column of given.columns.slice(0, 200)) {
    const likeness = similarity(plain(name), plain(column.name).slice(0, 400));
    if (likeness > best) [best, cells] = [likeness, column.cells];
  }
  return cells;
}

/** 2 * longest common subsequence / both lengths, in [0, 1]. */
function similarity(a: string, b: string): number {
  if (a === b) return 1;
  return (2 * longestCommon(a, b)) / Math.max(1, a.length + b.length);
}

function shareEqual(wanted: Cell[], given: Cell[], rows: number, tolerance: number): number {
  if (rows === 0) return 0;
  let equal = 0;
  for (let i = 0; i < rows; i++) if (sameCell(wanted[i]!, given[i]!, tolerance)) equal++;
  return equal / rows;
}

function sameCell(wanted: Cell, given: Cell, tolerance: number): boolean {
  if (Number.isNaN(wanted) || Number.isNaN(given)) return Number.isNaN(wanted) && Number.isNaN(given);
  if (typeof wanted === "number" && typeof given === "number") return Math.abs(wanted - given) <= tolerance * Math.abs(wanted);
  return plain(String(wanted)) === plain(String(given));
}

function plain(text: string): string {
  return text.replace(/\s/g, "").toLowerCase();
}

function toTable(columns: Record<string, (Cell | null)[]>): Table {
  const entries = Object.entries(columns).map(([name, cells]) => ({ name, cells: cells.map((cell) => cell ?? Number.NaN) }));
  return { columns: entries, rows: entries[0]?.cells.length ?? 0 };
}
