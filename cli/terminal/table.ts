import { padEnd, padStart, textWidth, truncate } from "./text.ts";

export interface Column {
  title: string;
  cells: string[];
  /** numbers stand to the right */
  right?: boolean;
  /** where there is no room, the columns of the largest number go first; those without one stay */
  drop?: number;
}

const GAP = "  ";

/** Lines of a table, its titles and a rule on top, in at most `width` columns. What had to go is named below. */
export function table(columns: Column[], width: number): string[] {
  const shown = [...columns];
  const dropped: string[] = [];
  while (totalWidth(shown) > width) {
    const last = shown.reduce<Column | null>((worst, column) => ((column.drop ?? 0) > (worst?.drop ?? 0) ? column : worst), null);
    if (last === null) break;
    shown.splice(shown.indexOf(last), 1);
    dropped.unshift(last.title);
  }
  const widths = shown.map(columnWidth);
  const line = (cells: string[]) => truncate(cells.join(GAP).trimEnd(), width);
  const cell = ({ right }: Column, text: string, i: number) => (right ? padStart(text, widths[i]!) : padEnd(text, widths[i]!));
  const rows = Array.from({ length: Math.max(0, ...columns.map(({ cells }) => cells.length)) }, (_, row) =>
    line(shown.map((column, i) => cell(column, column.cells[row] ?? "", i))),
  );
  return [
    line(shown.map((column, i) => cell(column, column.title, i))),
    line(widths.map((columns) => "─".repeat(columns))),
    ...rows,
    ...(dropped.length > 0 ? [truncate(`(too narrow for ${dropped.join(", ")})`, width)] : []),
  ];
}

function columnWidth({ title, cells }: Column): number {
  return Math.max(textWidth(title), ...cells.map(textWidth));
}

function totalWidth(columns: Column[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column), (columns.length - 1) * GAP.length);
}
