import { UserError } from "../core/errors.ts";

/** What a command ended with: 0 well, 1 a bug of ours, 2 something the reader can put right, 3 what was looked at is bad, 130 interrupted. */
export const EXIT = { ok: 0, bug: 1, user: 2, failed: 3, interrupted: 130 } as const;

/** Prints an error as the reader needs it, and says which exit code it means: without a stack where it is the reader's to fix. */
export function report(error: unknown, print: (text: string) => void): number {
  if (error instanceof UserError) {
    print(`${error.message}\n`);
    return EXIT.user;
  }
  print(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (error instanceof Error && error.cause !== undefined) print(`caused by: ${String(error.cause)}\n`);
  return EXIT.bug;
}
