import { z } from "zod";

const SLOTS: Record<string, string> = {
  int: "[+-]?[0-9]{1,15}",
  number: "[+-]?[0-9]{1,15}(?:\\.[0-9]{1,15})?",
  time: "[0-9]{1,4}:[0-5][0-9](?::[0-5][0-9])?",
  word: "[\\p{L}\\p{N}_-]{1,100}",
  any: "[^]*\\S",
};

const SLOT = /\{(\w+)\}/g;

/**
 * The form of an action: words as they are, with slots. `choose frames between {int} and {int}`, `output answer: {any}`.
 * Slots: int, number, time (MM:SS or HH:MM:SS), word, any. Two slots need a space or a mark between them, and any comes last, so that an
 * action can be read in one way alone.
 */
export const ActionTemplate = z
  .string()
  .regex(/\S/, "expected text that is not blank")
  .max(500)
  .superRefine((template, context) => {
    const refuse = (message: string) => context.addIssue({ code: "custom", message });
    for (const [slot, name] of template.matchAll(SLOT)) {
      if (!Object.hasOwn(SLOTS, name!)) refuse(`no slot is called ${slot}; there are {${Object.keys(SLOTS).join("}, {")}}`);
    }
    if (template.includes("}{")) refuse("two slots need a space or a mark between them");
    if (/\{any\}./su.test(template.trim())) refuse("{any} comes last");
  });

/** Actions of more characters than this are none. */
const LONGEST = 2000;

/**
 * The template as a test: what the slots hold, or null where the text is no such action. Case and runs of whitespace don't count, and every
 * action is read in bounded time.
 */
export function actionReader(template: string): (text: string) => string[] | null {
  const source = template
    .trim()
    .split(/(\{\w+\}|\s+)/)
    .map((piece) => {
      const slot = /^\{(\w+)\}$/.exec(piece);
      if (slot !== null) return `(${SLOTS[slot[1]!]!})`;
      return piece.trim() === "" ? (piece === "" ? "" : "\\s+") : piece.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    })
    .join("");
  const pattern = new RegExp(`^${source}$`, "iu");
  return (text) => {
    const trimmed = text.length > LONGEST ? "" : text.trim();
    return pattern.exec(trimmed)?.slice(1) ?? null;
  };
}
