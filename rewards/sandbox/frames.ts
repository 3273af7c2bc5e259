import type { Readable } from "node:stream";

/** What stands before the bytes of a frame: their number (uint32, little endian). */
export function frameHead(bytes: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length, 0);
  return head;
}

/** Reads frames from a stream, one after the other; null once it has ended, or a frame is larger than `maxBytes`. */
export class Frames {
  private chunks: Buffer[] = [];
  private held = 0;
  private ended = false;
  private readonly waiting: ((bytes: Buffer | null) => void)[] = [];

  constructor(
    stream: Readable,
    private readonly maxBytes: number,
  ) {
    stream.on("data", (chunk: Buffer) => {
      if (this.ended) return;
      this.chunks.push(chunk);
      this.held += chunk.length;
      this.serve();
    });
    stream.on("error", () => this.end());
    stream.on("close", () => this.end());
  }

  next(): Promise<Buffer | null> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.serve();
    });
  }

  /** No frame comes any more, but for those that are here. */
  end(): void {
    this.ended = true;
    this.serve();
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      const bytes = this.take();
      if (bytes === null && !this.ended) return;
      this.waiting.shift()!(bytes);
    }
  }

  private take(): Buffer | null {
    if (this.held < 4) return null;
    const first = this.chunks[0]!;
    if (first.length < 4) this.chunks = [Buffer.concat(this.chunks)];
    const length = this.chunks[0]!.readUInt32LE(0);
    if (length > this.maxBytes) {
      this.ended = true;
      this.held = 0;
      return null;
    }
    if (this.held < 4 + length) return null;
    const all = Buffer.concat(this.chunks);
    this.chunks = [all.subarray(4 + length)];
    this.held = all.length - 4 - length;
    return all.subarray(4, 4 + length);
  }
}
