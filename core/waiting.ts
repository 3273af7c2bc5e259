import { AsyncLocalStorage } from "node:async_hooks";

/** A time limit that stands still while what it limits waits in a queue. */
class OwnTime {
  private waits = 0;
  private left: number;
  private since = performance.now();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    limitMs: number,
    private readonly over: () => void,
    /** the limit of the work that this one is part of: it stands still as well */
    private readonly outer: OwnTime | undefined,
  ) {
    this.left = limitMs;
    this.run();
  }

  wait(): () => void {
    if (this.waits++ === 0) {
      clearTimeout(this.timer);
      this.left -= performance.now() - this.since;
    }
    const takenUp = this.outer?.wait();
    let waiting = true;
    return () => {
      if (!waiting) return;
      waiting = false;
      takenUp?.();
      if (--this.waits === 0) this.run();
    };
  }

  stop(): void {
    this.waits = Number.POSITIVE_INFINITY; // nothing starts it again
    clearTimeout(this.timer);
  }

  private run(): void {
    this.since = performance.now();
    this.timer = setTimeout(this.over, Math.max(0, this.left));
  }
}

const limits = new AsyncLocalStorage<OwnTime>();

/** The work took longer than it may, waiting in queues not counted. */
export class OverTimeError extends Error {
  override readonly name = "OverTimeError";
}

/**
 * What `work` gives, or OverTimeError once it has run for `limitMs`, ms. The time that it spends between `waitsInQueue()` and the end of that wait
 * does not count, so a queue that holds it up is no fault of its own; who works off the queue has limits for what stands before it.
 */
export async function withinOwnTime<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  let time: OwnTime | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const own = new OwnTime(limitMs, () => reject(new OverTimeError(`no result after ${limitMs} ms`)), limits.getStore());
      time = own;
      limits.run(own, work).then(resolve, reject);
    });
  } finally {
    time?.stop();
  }
}

/** To be called where work joins a queue; what it returns is to be called where it is taken up. */
export function waitsInQueue(): () => void {
  return limits.getStore()?.wait() ?? (() => undefined);
}
