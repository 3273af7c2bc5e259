import { atomicWrite, exists } from "../../core/atomic.ts";
import { UserError } from "../../core/errors.ts";
import { type ShimName, shim } from "../../rewards/server/shims.ts";
import { EXIT } from "../exit.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Prints or writes the Python file that a trainer calls as its reward function; returns the exit code. */
export async function rewardShim(trainer: ShimName, { url, out }: { url: string; out?: string }, terminal: Terminal): Promise<number> {
  const text = shim(trainer, url);
  if (out === undefined) {
    terminal.out(text);
    return EXIT.ok;
  }
  if (await exists(out))
    throw new UserError({ place: { file: out }, message: "is there already", cure: "Name another file, or remove it." });
  await atomicWrite(out, text);
  terminal.err(`Wrote ${out}.\n`);
  return EXIT.ok;
}
