import type { Example } from "../../core/types.ts";
import type { Shell } from "./shells.ts";
import { spellings } from "./values.ts";

/** How an honest policy might write a row's own target: one of many, of which the best paid is taken for what the reward asks for. */
export interface Way {
  name: string;
  /** the field that is the answer */
  field: string;
  /** which spelling of it */
  spelling: number;
  /** Null where the row can't be written so. `answers` stand in place of the row's own. */
  write(example: Example, answers?: readonly string[]): string | null;
}

const THOUGHT = "I look closely before I answer.";

/** Spellings of a value that are tried. */
const SPELLINGS = 5;

/**
 * Ways to write rows whose targets stand in `fields`: each of the fields as the answer, in each of the shells, with what the other fields hold
 * as the thought; and `texts`, fields that hold a whole response, as they are.
 */
export function waysOf(fields: readonly string[], texts: readonly string[], shells: readonly Shell[]): Way[] {
  const built = fields.flatMap((field) =>
    Array.from({ length: SPELLINGS }, (_, spelling) =>
      shells.map((shell): Way => {
        const others = fields.filter((other) => other !== field);
        return {
          name: `${shell.name}: ${field}`,
          field,
          spelling,
          write(example, answers) {
            const own = spellings(example.fields[field])[spelling];
            if (own === undefined) return null;
            const seen = others.flatMap((other) => spellings(example.fields[other]).slice(0, 1));
            return shell.write([THOUGHT, ...seen].join("\n"), answers ?? [own]);
          },
        };
      }),
    ).flat(),
  );
  const whole = texts.flatMap((text) =>
    fields.map(
      (field): Way => ({
        name: `as in ${text}`,
        field,
        spelling: 0,
        write: ({ fields: row }, answers) => {
          const response = row[text];
          if (typeof response !== "string" || response === "") return null;
          return answers === undefined ? response : inPlaceOfLast(response, spellings(row[field])[0], answers.join(" "));
        },
      }),
    ),
  );
  return [...whole, ...built];
}

function inPlaceOfLast(text: string, own: string | undefined, other: string): string | null {
  const at = own === undefined ? -1 : text.lastIndexOf(own);
  return at < 0 ? null : `${text.slice(0, at)}${other}${text.slice(at + own!.length)}`;
}
