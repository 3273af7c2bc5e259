import { z } from "zod";
import { defineReward } from "../define.ts";
import { extract, extractOption } from "../text/extract.ts";
import { normalise, SQUAD } from "../text/normalise.ts";
import { lenientLetter, strictLetter } from "../text/option-letter.ts";

const Letters = z
  .string()
  .regex(/^[A-Z]{2,26}$/, "expected capital letters")
  .refine((all) => new Set(all).size === all.length, "expected each letter once");

/**
 * Whether the answer names the right option of a multiple-choice question. Target: its letter, `B`, `b` or `(B)`.
 *
 * `strict`: the extracted answer is the letter, alone or before its text (`B`, `(b)`, `B)`, `B. dog`); a second letter makes it
 * no answer. `lenient`: also an answer in a sentence (`the answer is B`, else the last letter that stands alone) and, with
 * `options_field`, the text of exactly one option.
 * Returns 1 or 0; 0 where nothing is extracted, whatever else the completion says.
 * Source: VLAA-Thinker (arXiv:2504.11468), Video-CoM (arXiv:2511.23477) with `extract: { marker: "FINAL_ANSWER:" }`, and
 * FrameThinker (arXiv:2509.24304) with `extract: { tag: action, marker: "output answer:", word: true }`.
 */
export const choice = defineReward({
  name: "choice",
  target: z
    .string()
    .regex(/^\s*\(?[A-Za-z]\)?\s*$/, "expected the letter of an option")
    .transform((letter) => letter.replace(/[\s()]/g, "").toUpperCase()) as z.ZodType<string>,
  field: "answer",
  options: z.strictObject({
    extract: extractOption(),
    mode: z
      .enum(["strict", "lenient"])
      .default("strict")
      .describe("strict: the letter, alone or before its option's text; lenient: also in a sentence"),
    letters: Letters.default("ABCDEFGHIJ").describe("of the options there are"),
    options_field: z.string().min(1).optional().describe("the example's field with the options' texts, in order; lenient only"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<answer>(B) a dog</answer>", target: "B", score: 1 },
    { completion: "<answer>I think it is B</answer>", target: "B", score: 0 },
    { completion: "<answer>I think it is B</answer>", target: "B", options: { mode: "lenient" }, score: 1 },
  ],
  score({ completion, target, options: { extract: from, mode, letters, options_field }, example }) {
    const given = extract(completion, from);
    if (given === null) return 0;
    if (mode === "strict") return strictLetter(given, letters) === target ? 1 : 0;
    const byText = options_field === undefined ? null : letterOfText(given, example[options_field], letters);
    return (byText ?? lenientLetter(given, letters)) === target ? 1 : 0;
  },
});

/** The letter of the one option whose text this is; null for none or several. Throws for a field that is no list of texts. */
function letterOfText(given: string, options: unknown, letters: string): string | null {
  const texts = z.array(z.string()).max(letters.length).parse(options);
  const plain = normalise(given, SQUAD);
  const places = texts.flatMap((text, i) => (plain !== "" && normalise(text, SQUAD) === plain ? [i] : []));
  return places.length === 1 ? letters[places[0]!]! : null;
}
