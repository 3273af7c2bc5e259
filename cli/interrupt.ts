import { EXIT } from "./exit.ts";

export interface Interrupt {
  signal: AbortSignal;
  /** Signals end the process again, as they did before. */
  restore(): void;
}

/** The first SIGINT or SIGTERM asks for an orderly end, the second ends the process at once. */
export function onInterrupt(first: () => void, second: () => void): Interrupt {
  const controller = new AbortController();
  const handle = () => {
    if (controller.signal.aborted) {
      second();
      process.exit(EXIT.interrupted);
    }
    controller.abort();
    first();
  };
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return {
    signal: controller.signal,
    restore() {
      process.off("SIGINT", handle);
      process.off("SIGTERM", handle);
    },
  };
}
