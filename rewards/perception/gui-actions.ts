import { z } from "zod";
import { Box } from "../box.ts";
import { boxContains } from "../geometry/overlap.ts";
import { type ToolCall, toolCalls } from "./tool-calls.ts";

export const ACTIONS = ["key", "click", "long_press", "swipe", "type", "system_button", "open", "wait", "terminate"] as const;
const Place = z.tuple([z.number(), z.number()]);

/** One step on a screen as the data has it; places from 0 to 1 of the screen's width and height. */
export const GuiAction = z.strictObject({
  action: z.enum(ACTIONS),
  coordinate: Place.optional(),
  coordinate2: Place.optional(),
  text: z.string().optional(),
  button: z.string().optional(),
  time: z.number().optional(),
  status: z.string().optional(),
  /** where a click would be right too, 0 to 1 */
  boxes: z.array(Box).max(64).optional(),
});
export type GuiAction = z.infer<typeof GuiAction>;

/** The call of `mobile_use` behind the last `</think>`, in `<tool_call>` tags or bare; null without a readable one. */
export function writtenAction(completion: string): ToolCall["arguments"] | null {
  const after = completion.slice(completion.lastIndexOf("</think>") + (completion.includes("</think>") ? "</think>".length : 0));
  const bare = after.indexOf('{"name": "mobile_use"');
  const text = after.includes("<tool_call>") || bare < 0 ? after : `<tool_call>${after.slice(bare).trim()}</tool_call>`;
  const call = toolCalls(text)[0] ?? null;
  return call?.name === "mobile_use" && typeof call.arguments.action === "string" ? call.arguments : null;
}

export interface Screen {
  width: number;
  height: number;
}

/** A place of the call, from pixels of the screen as it was shown to 0 to 1; null unless it is two finite numbers. */
function place(value: unknown, screen: Screen): [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [x, y]: unknown[] = value;
  return Number.isFinite(x) && Number.isFinite(y) ? [(x as number) / screen.width, (y as number) / screen.height] : null;
}

/** How far a click may be off, as a share of the screen's longer side, and by how much candidate boxes are enlarged. */
const NEAR = 0.04;
const ENLARGED = 1.2;

/** Whether a click lies in a candidate box enlarged 1.2 times about its center, or within 0.04 of the longer side of the gold place. */
export function clickHits(
  point: [number, number],
  { coordinate, boxes = [] }: Pick<GuiAction, "coordinate" | "boxes">,
  screen: Screen,
): boolean {
  if (boxes.some((box) => boxContains(enlarged(box), point))) return true;
  if (coordinate === undefined) return false;
  const apart = Math.hypot((point[0] - coordinate[0]) * screen.width, (point[1] - coordinate[1]) * screen.height);
  return apart <= NEAR * Math.max(screen.width, screen.height);
}

export function enlarged([x1, y1, x2, y2]: Readonly<Box>): Box {
  const [dx, dy] = [((x2 - x1) * (ENLARGED - 1)) / 2, ((y2 - y1) * (ENLARGED - 1)) / 2];
  return [x1 - dx, y1 - dy, x2 + dx, y2 + dy];
}

const plain = (text: unknown): string => (typeof text === "string" ? text.trim().toLowerCase() : "");

/** Either text holds the other; a blank one holds nothing and is held by nothing. */
function contains(a: unknown, b: unknown): boolean {
  const [left, right] = [plain(a), plain(b)];
  return left !== "" && right !== "" && (left.includes(right) || right.includes(left));
}

/** right, left, down or up; the longer way counts, and down where both are as long. */
function direction(from: [number, number], to: [number, number], screen: Screen): string {
  const [dx, dy] = [(to[0] - from[0]) * screen.width, (to[1] - from[1]) * screen.height];
  if (Math.abs(dx) > Math.abs(dy)) return dx > 0 ? "right" : "left";
  return dy > 0 ? "down" : "up";
}

/**
 * Whether a step has the right action, and whether it is the right step. Source: AndroidControl's scorer as InfiGUI-R1 (arXiv:2504.14239) uses it:
 * texts by containment, buttons by name, swipes by direction, clicks by `clickHits`; for `open` a click on a candidate box is as good.
 */
export function matchAction(given: Record<string, unknown> | null, gold: GuiAction, screen: Screen): { type: boolean; exact: boolean } {
  if (given === null) return { type: false, exact: false };
  const point = place(given.coordinate, screen);
  if (gold.action === "open" && given.action === "click") {
    const hit = point !== null && (gold.boxes ?? []).some((box) => boxContains(enlarged(box), point));
    return { type: hit, exact: hit };
  }
  if (given.action !== gold.action) return { type: false, exact: false };
  return { type: true, exact: EXACT[gold.action](given, gold, screen, point) };
}

type Exact = (given: Record<string, unknown>, gold: GuiAction, screen: Screen, point: [number, number] | null) => boolean;

const byText: Exact = (given, gold) => contains(given.text, gold.text);
const byPlace: Exact = (_, gold, screen, point) => point !== null && clickHits(point, gold, screen);
const EXACT: Record<(typeof ACTIONS)[number], Exact> = {
  wait: () => true,
  click: byPlace,
  long_press: byPlace,
  type: byText,
  open: byText,
  key: (given, gold) => plain(given.text) !== "" && plain(given.text) === plain(gold.text),
  system_button: (given, gold) => plain(given.button) !== "" && plain(given.button) === plain(gold.button),
  terminate: (given, gold) => plain(given.status) === plain(gold.status),
  swipe(given, gold, screen, point) {
    const end = place(given.coordinate2, screen);
    if (point === null || end === null || gold.coordinate === undefined || gold.coordinate2 === undefined) return false;
    return direction(point, end, screen) === direction(gold.coordinate, gold.coordinate2, screen);
  },
};
