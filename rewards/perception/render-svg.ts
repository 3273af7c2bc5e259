import type { Picture } from "../../core/types.ts";
import { type Drawn, draw } from "./render-process.ts";

/** Longer drawings than this are not rendered. */
const MAX_CHARS = 65_536;

// Nothing that reads a file, refers to another element more than once, or runs a filter: what is left takes time in the length of its text.
const ELEMENTS = new Set([
  ..."svg g rect circle ellipse line polyline polygon path text tspan title desc defs style".split(" "),
  ..."linearGradient radialGradient stop clipPath".split(" "),
]);

/** Not XML: a NUL in its own error message ends the renderer. */
const NOT_TEXT = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Numbers of seven digits or with a positive exponent: no drawing needs them, and the renderer runs on over some. */
const EXTREME = /(?<![.0-9])[0-9]{7}|[0-9.]e\+?[0-9]/i;
const HEX_COLOUR = /#[0-9a-f]{3,8}/gi;

/** A clip costs a layer of the whole picture. */
const MAX_CLIPS = 64;

/** Whether a drawing stays within what is rendered: known elements, no entities, escapes, links or imports, a bounded length. */
export function safeSvg(svg: string): boolean {
  if (svg.length > MAX_CHARS || NOT_TEXT.test(svg) || /<!|\bhref\b|@import|\\|&(?!(?:amp|lt|gt|quot|apos);)/i.test(svg)) return false;
  if (EXTREME.test(svg.replace(HEX_COLOUR, ""))) return false;
  const clips = svg.split("clip-path").length - 1;
  if (clips > MAX_CLIPS || (clips > 0 && svg.includes("<style"))) return false;
  if (/url\(\s{0,8}["']?\s{0,8}(?!["'#\s])/i.test(svg)) return false;
  for (const [, name] of svg.matchAll(/<\/?\s{0,8}([^\s/>]{0,64})/g)) if (!ELEMENTS.has(name!) && !name!.startsWith("?xml")) return false;
  return true;
}

/** Without its comments; what opens one and does not close it stays, and is not safe. */
export function withoutComments(svg: string): string {
  const [first = "", ...rest] = svg.split("<!--");
  return first + rest.map((piece) => (piece.includes("-->") ? piece.slice(piece.indexOf("-->") + 3) : `<!--${piece}`)).join("");
}

/** The last drawing in a text, from `<svg` to `</svg>`; null without one. */
export function lastSvg(text: string): string | null {
  const end = text.lastIndexOf("</svg>");
  const start = end < 0 ? -1 : text.lastIndexOf("<svg", end);
  return start < 0 ? null : text.slice(start, end + "</svg>".length);
}

/**
 * A drawing as a picture of exactly width x height, on white: scaled to fit, from the top left. Null for a drawing that can't be read, is not safe,
 * or that the renderer does not get done. Text is drawn only with the font files given, since the machine's own fonts differ. Renderer: resvg.
 */
export async function renderSvg(
  written: string,
  { width, height }: Pick<Picture, "width" | "height">,
  fontFiles: string[] = [],
): Promise<Picture | null> {
  const svg = withoutComments(written);
  const drawn = safeSvg(svg) ? await draw({ svg, width, height, fontFiles }) : null;
  return drawn === null ? null : onWhite(drawn, width, height);
}

function onWhite(drawn: Drawn, width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let y = 0; y < Math.min(height, drawn.height); y++) {
    for (let x = 0; x < Math.min(width, drawn.width); x++) {
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = drawn.pixels[(y * drawn.width + x) * 4 + c]!;
    }
  }
  return { width, height, data };
}
