import type { TopLevelSpec } from "vega-lite";
import type { Picture } from "../../core/types.ts";
import { ChartSpec } from "./chart-spec.ts";
import { renderSvg } from "./render-svg.ts";
import { parseJson } from "./written.ts";

const MAX_CHARS = 65_536;
const silent = { level: () => silent, error: () => silent, warn: () => silent, info: () => silent, debug: () => silent } as never;

/** The chart in a text: the JSON between its first `{` and its last `}`; null where that is not a ChartSpec. */
export function chartIn(text: string): ChartSpec | null {
  const [start, end] = [text.indexOf("{"), text.lastIndexOf("}")];
  if (start < 0 || end < start || end - start > MAX_CHARS) return null;
  return ChartSpec.safeParse(parseJson(text.slice(start, end + 1))).data ?? null;
}

/** A chart as SVG by Vega-Lite and Vega, expressions interpreted and not compiled. Null where they refuse it. */
export async function chartSvg(spec: ChartSpec): Promise<string | null> {
  const [{ compile }, vega, { expressionInterpreter }] = await Promise.all([
    import("vega-lite"),
    import("vega"),
    import("vega-interpreter"),
  ]);
  try {
    const compiled = compile({ ...spec } as TopLevelSpec, { logger: silent });
    const runtime = vega.parse(compiled.spec, undefined, { ast: true });
    const view = new vega.View(runtime, { renderer: "none", logger: silent, expr: expressionInterpreter } as never);
    try {
      return await view.toSVG();
    } finally {
      view.finalize();
    }
  } catch {
    return null; // a chart that means nothing is refused by throwing
  }
}

/** A chart as a picture of exactly width x height; null where it can't be drawn. Text is drawn only with the font files given. */
export async function renderChart(
  spec: ChartSpec,
  size: Pick<Picture, "width" | "height">,
  fontFiles: string[] = [],
): Promise<Picture | null> {
  const svg = await chartSvg(spec);
  return svg === null ? null : renderSvg(svg, size, fontFiles);
}
