/**
 * What the tiny tokenizer knows. Each entry of `pieces` becomes one token; whatever else is written falls back to smaller pieces and
 * in the end to bytes. A leading space belongs to its word.
 */

/** Special tokens, left out of decoded text, by id. Names and meanings are SmolVLM's. */
export const specialTokens = [
  "<|endoftext|>",
  "<|im_start|>",
  "<|im_end|>",
  "<fake_token_around_image>",
  "<image>",
  "<end_of_utterance>",
  "<global-img>",
] as const;

/** Tokens of their own that are text all the same, so that rewards see them: the frame of a reasoned answer. */
export const markupTokens = ["<think>", "</think>", "<answer>", "</answer>", "<box>", "</box>"] as const;

const words = (text: string): string[] => text.trim().split(/\s+/);
const range = (last: number): number[] => Array.from({ length: last + 1 }, (_, i) => i);

const question = "What is the sum of the digits";

// Asked and answered about pictures; all come inside a sentence, with a space before them.
const common = words(`
  a an the is are there of in on at to and or not no yes it this that with from by than one two three
  how many what which where who color shape size number digit digits sum total answer
  picture image object objects box boxes row column
  red green blue yellow black white
  circle square line point
  left right top bottom center above below next
  small large same first last
  read find count add name look see show say
`);
const openings = words("How Where Which Count Find Read Add Name Look Is Are There The Yes No");
const roles = words("User Assistant System");

/** Everything that is one token beside bytes, specials and markup. A number takes the sign before it along, so sums and boxes stay short. */
export const pieces: readonly string[] = [
  ...new Set([
    ...range(99).map(String),
    ...range(99).map((n) => `,${n}`),
    // Running sums of up to three digits reach 27.
    ...["+", "=", ";"].flatMap((sign) => range(27).map((n) => `${sign}${n}`)),
    ...words(question),
    ...words(question).map((word) => ` ${word}`),
    ...common.map((word) => ` ${word}`),
    ...openings,
    ...roles,
    "?",
    ":",
    "\n",
  ]),
];
