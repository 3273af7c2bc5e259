import { z } from "zod";

/** How two texts may differ and still be one answer. */
export const normaliseShape = {
  ignore_case: z.boolean().default(true).describe("upper and lower case are one"),
  white_space: z.enum(["collapse", "remove", "keep"]).default("collapse").describe("collapse: ends trimmed, runs as one space"),
  ignore_punctuation: z.boolean().default(false).describe("drop every character of the Unicode class P"),
  ignore_articles: z.boolean().default(false).describe("drop the words a, an and the"),
  unicode: z.boolean().default(true).describe("NFKC first: full-width digits are digits, ligatures are letters"),
};
export const Normalise = z.strictObject(normaliseShape);
export type Normalise = z.infer<typeof Normalise>;

/** What SQuAD's evaluation does before it compares. */
export const SQUAD: Normalise = {
  ignore_case: true,
  white_space: "collapse",
  ignore_punctuation: true,
  ignore_articles: true,
  unicode: true,
};

/** One spelling for all texts that the options call equal. Linear in the length of the text. */
export function normalise(text: string, options: Normalise): string {
  let out = options.unicode ? text.normalize("NFKC") : text;
  if (options.ignore_case) out = out.toLowerCase();
  if (options.ignore_punctuation) out = out.replace(/\p{P}/gu, "");
  if (options.ignore_articles) out = out.replace(/(?<![\p{L}\p{N}])(?:an?|the)(?![\p{L}\p{N}])/giu, " ");
  if (options.white_space === "remove") return out.replace(/\s/gu, "");
  return options.white_space === "collapse" ? out.split(/\s/u).filter(Boolean).join(" ") : out;
}
