/**
 * The tiny preset's tokenizer: byte-level byte-pair encoding, so any text comes back as it was, in the form of Hugging Face's
 * `tokenizer.json`. Source of the algorithm: Sennrich et al. 2016 (arXiv:1508.07909); of the byte alphabet: GPT-2.
 */
import { markupTokens, pieces, specialTokens } from "./vocabulary.ts";

/** A printable character for each byte: its own where it has one, else the next from U+0100 on. */
export const byteAlphabet: readonly string[] = (() => {
  let next = 256;
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 255 && byte !== 173);
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

function inBytes(text: string): string[] {
  return Array.from(new TextEncoder().encode(text), (byte) => byteAlphabet[byte]!);
}

/**
 * Merges under which each of `texts` ends up as one token: byte-pair encoding trained on the list until nothing is left to merge.
 * The most frequent pair goes first, of equals the one met first, so stems are shared and the order is always the same.
 */
export function trainMerges(texts: readonly string[]): [left: string, right: string][] {
  const merges: [string, string][] = [];
  let state = texts.map(inBytes);
  for (;;) {
    const pair = mostFrequentPair(state);
    if (pair === null) return merges;
    merges.push(pair);
    state = state.map((tokens) => merge(tokens, pair));
  }
}

function mostFrequentPair(state: string[][]): [string, string] | null {
  const counts = new Map<string, { pair: [string, string]; count: number }>();
  for (const tokens of state) {
    for (let i = 1; i < tokens.length; i++) {
      // No character of the alphabet is a space.
      const key = `${tokens[i - 1]} ${tokens[i]}`;
      const entry = counts.get(key) ?? { pair: [tokens[i - 1]!, tokens[i]!], count: 0 };
      entry.count++;
      counts.set(key, entry);
    }
  }
  let best: { pair: [string, string]; count: number } | null = null;
  for (const entry of counts.values()) if (best === null || entry.count > best.count) best = entry;
  return best?.pair ?? null;
}

function merge(tokens: string[], [left, right]: [string, string]): string[] {
  const out: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const joins = tokens[i] === left && tokens[i + 1] === right;
    out.push(joins ? left + right : tokens[i]!);
    if (joins) i++;
  }
  return out;
}

/**
 * How text is cut before merging; no token reaches over a cut. In order: a number with the sign before it; a word with the space
 * before it; other characters, likewise; white space. Spelled in ASCII, because classes such as \s differ between regex engines.
 */
const CUTS = "[,+=;]?[0-9]+| ?[A-Za-z]+| ?[^ \\t\\n\\r0-9A-Za-z]+|[ \\t\\n\\r]+(?![^ \\t\\n\\r])|[ \\t\\n\\r]+";

/** Tokens in the order of their ids, and the merges. */
export function tinyVocabulary(): { tokens: string[]; merges: [string, string][] } {
  const merges = trainMerges(pieces);
  // Two merges may make the same token.
  const tokens = [...new Set([...specialTokens, ...markupTokens, ...byteAlphabet, ...merges.map(([left, right]) => left + right)])];
  return { tokens, merges };
}

/** The content of `tokenizer.json`. */
export function tinyTokenizer(): object {
  const { tokens, merges } = tinyVocabulary();
  const added = (content: string, special: boolean) => ({
    id: tokens.indexOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special,
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...specialTokens.map((token) => added(token, true)), ...markupTokens.map((token) => added(token, false))],
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: CUTS }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => `${left} ${right}`),
    },
  };
}
