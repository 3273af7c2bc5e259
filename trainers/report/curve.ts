/** A run's learning curve as one SVG: training reward above, held-out accuracy below, stages side by side. */
import type { MetricsRow } from "./metrics.ts";

export interface CurveOptions {
  title: string;
  /** metric of the upper panel; the first of these that any row has */
  train: { metric: string; label: string }[];
  /** metric of the lower panel; its interval is under the same name with `_low` and `_high` */
  accuracy: string;
  /** pixels */
  width: number;
}

const DEFAULTS: CurveOptions = {
  title: "",
  train: [
    { metric: "reward", label: "reward, mean of a step" },
    { metric: "loss", label: "training loss" },
  ],
  accuracy: "eval_accuracy",
  width: 960,
};

const INK = "#24292f";
const FAINT = "#d0d7de";
const TRAIN = "#0969da";
const HELD_OUT = "#bc4c00";
const MARGIN = { top: 56, right: 24, bottom: 44, left: 64 };
const PANEL_HEIGHT = 200;
const PANEL_GAP = 36;
const LABEL_WIDTH = 44;

interface Point {
  x: number;
  y: number;
}

interface Interval extends Point {
  low: number;
  high: number;
}

interface Axis {
  ticks: number[];
  low: number;
  high: number;
}

/** Numbers of 1, 2 or 5 times a power of ten apart that span [low, high], about `count` of them. */
export function ticksFor(low: number, high: number, count: number): number[] {
  const raw = (high > low ? high - low : Math.max(1, Math.abs(high))) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw * 0.999) ?? 10) * power;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  // Divided where the step is a fraction: 3 * 0.1 would be 0.30000000000000004.
  const inverse = Math.round(1 / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (step < 1 ? (first + i) / inverse : (first + i) * step));
}

/**
 * Exponential moving average over about `span` values: weight of the newest 2 / (span + 1), and corrected for the start, so that the
 * first value stands for itself.
 */
export function smooth(values: readonly number[], span: number): number[] {
  const keep = 1 - 2 / (span + 1);
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}

/** Draws the rows of a metrics.jsonl. Rows without a metric, and values that are not finite, leave no mark. */
export function curveSvg(rows: readonly MetricsRow[], options: Partial<CurveOptions> = {}): string {
  const { title, train, accuracy, width } = { ...DEFAULTS, ...options };
  const shown = train.find(({ metric }) => pointsOf(rows, metric).length > 0);
  const heldOut = intervalsOf(rows, accuracy);
  const right = width - MARGIN.right;
  const steps = ticksFor(0, Math.max(1, ...rows.map((row) => row.total_step)), 8).filter(Number.isInteger);
  const x = scale(0, steps.at(-1)!, MARGIN.left, right);

  const panels: ((top: number) => string)[] = [];
  if (shown !== undefined) {
    const points = pointsOf(rows, shown.metric);
    const values = points.map(({ y }) => y);
    panels.push((top) => {
      // From 0, unless that would press a curve far from it flat.
      const [least, most] = [Math.min(...values), Math.max(...values)];
      const axis = axisFor(least > most / 2 ? least : Math.min(0, least), most);
      return panel(axis, x, top, right, shown.label, (y) => trainingMarks(points, x, y));
    });
  }
  if (heldOut.length > 0) {
    const axis = { ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], low: 0, high: 1 };
    panels.push((top) => panel(axis, x, top, right, "held-out accuracy, 95 % interval", (y) => heldOutMarks(heldOut, x, y, right)));
  }

  const bottom = MARGIN.top + Math.max(1, panels.length) * (PANEL_HEIGHT + PANEL_GAP) - PANEL_GAP;
  const height = bottom + MARGIN.bottom;
  const body = [
    `<title>${escaped(title || "learning curve")}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(MARGIN.left, 22, title, { size: 15, weight: "bold" }),
    stages(rows, x, bottom),
    ...panels.map((draw, i) => draw(MARGIN.top + i * (PANEL_HEIGHT + PANEL_GAP))),
    ...steps.map((step) => text(x(step), bottom + 18, label(step), { anchor: "middle" })),
    text((MARGIN.left + right) / 2, bottom + 36, "step", { anchor: "middle" }),
    panels.length === 0
      ? text((MARGIN.left + right) / 2, MARGIN.top + PANEL_HEIGHT / 2, "no steps yet", { anchor: "middle", size: 14 })
      : "",
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, 'DejaVu Sans', Arial, sans-serif">`,
    ...body.filter((part) => part !== ""),
    "</svg>\n",
  ].join("\n");
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function pointsOf(rows: readonly MetricsRow[], metric: string): Point[] {
  return rows.flatMap((row) => {
    const y = row[metric];
    return isNumber(y) ? [{ x: row.total_step, y }] : [];
  });
}

function intervalsOf(rows: readonly MetricsRow[], metric: string): Interval[] {
  return rows.flatMap((row) => {
    const [y, low, high] = [row[metric], row[`${metric}_low`], row[`${metric}_high`]];
    return isNumber(y) ? [{ x: row.total_step, y, low: isNumber(low) ? low : y, high: isNumber(high) ? high : y }] : [];
  });
}

function axisFor(low: number, high: number): Axis {
  const ticks = ticksFor(low, high, 5);
  return { ticks, low: ticks[0]!, high: ticks.at(-1)! };
}

function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

function panel(
  { ticks, low, high }: Axis,
  x: (step: number) => number,
  top: number,
  right: number,
  name: string,
  marks: (y: (value: number) => number) => string[],
): string {
  const y = scale(low, high, top + PANEL_HEIGHT, top);
  const left = x(0);
  const grid = ticks.flatMap((tick) => [
    line(left, y(tick), right, y(tick), tick === low ? INK : FAINT),
    text(left - 8, y(tick) + 4, label(tick), { anchor: "end" }),
  ]);
  return [...grid, line(left, top, left, top + PANEL_HEIGHT, INK), ...marks(y), text(left + 8, top + 14, name, { halo: true })].join("\n");
}

/** Raw values as dots, and a line through them smoothed over a fifteenth of their number. */
function trainingMarks(points: Point[], x: (step: number) => number, y: (value: number) => number): string[] {
  const span = Math.max(1, points.length / 15);
  const smoothed = smooth(
    points.map((point) => point.y),
    span,
  );
  return [
    ...points.map((point) => circle(x(point.x), y(point.y), 2, TRAIN, 0.35)),
    polyline(
      points.map((point, i) => [x(point.x), y(smoothed[i]!)]),
      TRAIN,
      2,
    ),
  ];
}

function heldOutMarks(points: Interval[], x: (step: number) => number, y: (value: number) => number, right: number): string[] {
  const labelled = new Set<Interval>();
  let free = Infinity;
  // The last one always has a label; before it those that have room.
  for (const point of points.toReversed()) {
    if (x(point.x) > free) continue;
    labelled.add(point);
    free = x(point.x) - LABEL_WIDTH;
  }
  return [
    polyline(
      points.map((point) => [x(point.x), y(point.y)]),
      HELD_OUT,
      1,
    ),
    ...points.flatMap((point) => {
      const at = x(point.x);
      // A label goes where there is room: below a high point, and to the left at the right edge.
      const anchor = at > right - 40 ? "end" : "middle";
      const below = point.high > 0.85;
      return [
        line(at, y(point.low), at, y(point.high), HELD_OUT),
        line(at - 4, y(point.low), at + 4, y(point.low), HELD_OUT),
        line(at - 4, y(point.high), at + 4, y(point.high), HELD_OUT),
        circle(at, y(point.y), 3.5, HELD_OUT, 1),
        text(at, below ? y(point.low) + 16 : y(point.high) - 7, labelled.has(point) ? point.y.toFixed(3) : "", {
          anchor,
          halo: true,
          color: HELD_OUT,
        }),
      ];
    }),
  ];
}

/** The name of every stage over its steps, and a dashed line where one ends and the next begins. */
function stages(rows: readonly MetricsRow[], x: (step: number) => number, bottom: number): string {
  const ends = new Map<string, number>();
  for (const row of rows) ends.set(row.stage, Math.max(ends.get(row.stage) ?? 0, row.total_step));
  const marks: string[] = [];
  let from = 0;
  for (const [name, end] of ends) {
    if (from > 0) marks.push(line(x(from), MARGIN.top - 8, x(from), bottom, "#8c959f", "5 4"));
    marks.push(text((x(from) + x(end)) / 2, MARGIN.top - 12, name, { anchor: "middle", color: "#57606a" }));
    from = end;
  }
  return marks.join("\n");
}

function label(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential().replace("e+", "e");
  return String(Number(value.toPrecision(6)));
}

function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function line(x1: number, y1: number, x2: number, y2: number, color: string, dashes?: string): string {
  const dash = dashes === undefined ? "" : ` stroke-dasharray="${dashes}"`;
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="${color}"${dash}/>`;
}

function circle(x: number, y: number, radius: number, color: string, opacity: number): string {
  return `<circle cx="${px(x)}" cy="${px(y)}" r="${radius}" fill="${color}" fill-opacity="${opacity}"/>`;
}

function polyline(points: [number, number][], color: string, width: number): string {
  if (points.length < 2) return "";
  const list = points.map(([x, y]) => `${px(x)},${px(y)}`).join(" ");
  return `<polyline points="${list}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"/>`;
}

interface TextStyle {
  anchor?: "start" | "middle" | "end";
  size?: number;
  weight?: string;
  color?: string;
  /** a white rim, to be read over marks */
  halo?: boolean;
}

function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  if (content === "") return "";
  const { anchor = "start", size = 12, weight, color = INK, halo } = style;
  const bold = weight === undefined ? "" : ` font-weight="${weight}"`;
  const rim = halo ? ' stroke="#ffffff" stroke-width="3" paint-order="stroke"' : "";
  return `<text x="${px(x)}" y="${px(y)}" font-size="${size}" text-anchor="${anchor}" fill="${color}"${bold}${rim}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
