import type { Tensor } from "../graph/tensor.ts";
import { type OnnxOptions, OnnxSession } from "../onnx/session.ts";

/** Compiled graphs by what they compute and at which shape, the least recently used dropped beyond a limit. Weights are feeds: an update needs no new one. */
export class SessionCache {
  private readonly sessions = new Map<string, Promise<OnnxSession>>();

  constructor(
    private readonly options: OnnxOptions,
    private readonly limit = 48,
  ) {}

  async get(key: string, build: () => Record<string, Tensor>): Promise<OnnxSession> {
    const known = this.sessions.get(key);
    if (known !== undefined) {
      this.sessions.delete(key);
      this.sessions.set(key, known);
      return known;
    }
    const made = OnnxSession.create(build(), this.options);
    this.sessions.set(key, made);
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
