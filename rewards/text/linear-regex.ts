import { RE2JS } from "re2js";

/**
 * A regular expression that takes time linear in the text, whatever the pattern: RE2's syntax, which is JavaScript's without
 * back references and look around. Flags: i, m, s. Throws for a pattern it can't read.
 */
export function linearRegex(pattern: string, flags = ""): { test(text: string): boolean; full(text: string): boolean } {
  let bits = 0;
  if (flags.includes("i")) bits |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes("m")) bits |= RE2JS.MULTILINE;
  if (flags.includes("s")) bits |= RE2JS.DOTALL;
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), bits);
  return { test: (text) => compiled.matcher(text).find(), full: (text) => compiled.matches(text) };
}
