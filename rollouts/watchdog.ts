/** Something that should have gone on did not. The message says who waited for whom, and for how long. */
export class StallError extends Error {
  override name = "StallError";
}

export interface Watched {
  /** how long may pass without news */
  stallMs: number;
  /** any number that changes when something has happened */
  news: () => number;
  /** who waits for whom, for the message */
  describe: () => string;
}

const TICKS = 10;

/**
 * Waits for a promise as long as there is news. Silence is counted in ticks of the event loop and not by the clock: a laptop that
 * slept for an hour has missed nothing. Throws StallError after `stallMs` of silence.
 */
export async function orStall<T>(work: Promise<T>, { stallMs, news, describe }: Watched): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    let last = news();
    let quiet = 0;
    timer = setInterval(() => {
      quiet = news() === last ? quiet + 1 : 0;
      last = news();
      if (quiet >= TICKS) reject(new StallError(`nothing happened for ${stallMs / 1000} s: ${describe()}`));
    }, stallMs / TICKS);
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    clearInterval(timer);
  }
}
