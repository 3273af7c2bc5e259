import type { OnProgress } from "../../exports/merge.ts";
import { EXIT } from "../exit.ts";
import { onInterrupt } from "../interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { Transfer } from "../terminal/transfer.ts";

/** What a signal ends the writing with, between two tensors. */
class Stopped extends Error {}

/**
 * Runs work that writes a folder, with its progress beside the output. The first signal stops it between two tensors, so that it clears
 * away what it had written; then `done` is not asked for.
 */
export async function writing<Result>(
  work: (onProgress: OnProgress) => Promise<Result>,
  terminal: Terminal,
  done: (result: Result) => void,
): Promise<number> {
  const transfer = new Transfer(terminal);
  const interrupt = onInterrupt(
    () => {},
    () => transfer.close(),
  );
  try {
    const result = await work((bytes, total) => {
      if (interrupt.signal.aborted) throw new Stopped();
      transfer.show(bytes, total);
    });
    transfer.close();
    done(result);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    transfer.close();
    terminal.err("stopped: nothing was written\n");
    return EXIT.interrupted;
  } finally {
    transfer.close();
    interrupt.restore();
  }
}
