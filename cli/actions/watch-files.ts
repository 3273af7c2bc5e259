import { watch } from "node:fs";
import { basename, dirname } from "node:path";

/** An editor writes a file in several steps: what follows within this time is one change. */
const SETTLE_MS = 150;

/**
 * Does the work each time one of the files has changed, one after the other, until the signal says stop. Folders are watched, not files: editors
 * put another file in the old one's place. What the work throws comes out of here.
 */
export function watchFiles(files: readonly string[], work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let running: Promise<void> = Promise.resolve();
    const end = (settle: () => void) => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      settle();
    };
    const changed = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        running = running.then(work);
        running.catch((error: unknown) => end(() => reject(error)));
      }, SETTLE_MS);
    };
    const folders = [...new Set(files.map(dirname))];
    const watchers = folders.map((folder) => {
      const names = files.filter((file) => dirname(file) === folder).map((file) => basename(file));
      return watch(folder, (_, name) => {
        if (name === null || names.includes(name)) changed();
      });
    });
    const stop = () => end(() => void running.then(resolve, reject));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
