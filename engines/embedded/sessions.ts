import type { Executor, Session, SessionOptions } from "../executor.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Architecture } from "./architecture.ts";

/** From this width on a model's activations are large: their memory is looked after, where smaller ones are served by speed. */
const LARGE_HIDDEN = 384;

export function isLarge({ hidden }: Pick<Architecture, "hidden">): boolean {
  return hidden >= LARGE_HIDDEN;
}

export const SESSIONS_KEPT = 48;

/** Compiled graphs by what they compute and at which shape, the least recently used dropped beyond a limit. Weights are feeds: an update needs no new one. */
export class SessionCache {
  private readonly sessions = new Map<string, Promise<Session>>();

  constructor(
    private readonly executor: Executor,
    private readonly options: SessionOptions = {},
    private readonly limit = SESSIONS_KEPT,
  ) {}

  async get(key: string, build: () => Record<string, Tensor>): Promise<Session> {
    const known = this.sessions.get(key);
    if (known !== undefined) {
      this.sessions.delete(key);
      this.sessions.set(key, known);
      return known;
    }
    const made = this.executor.create(build(), this.options);
    this.sessions.set(key, made);
    // one that could not be made is none to keep or to release
    made.catch(() => this.sessions.delete(key));
    if (this.sessions.size > this.limit) {
      const [oldest, session] = this.sessions.entries().next().value!;
      this.sessions.delete(oldest);
      await (await session).release();
    }
    return made;
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release();
    this.sessions.clear();
  }
}
