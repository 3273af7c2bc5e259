import { open } from "node:fs/promises";

const CHUNK_BYTES = 1 << 20;
const LINE_FEED = 10;

export interface Line {
  /** byte offset in the file, and number counted from 1 */
  start: number;
  number: number;
  /** without the line feed; valid during the call only */
  bytes: Uint8Array;
}

/** Reads a file a chunk at a time and shows each line in turn, until `visit` returns false. A byte order mark is not part of a line. */
export async function eachLine(file: string, visit: (line: Line) => boolean): Promise<void> {
  const handle = await open(file, "r");
  try {
    let held: Buffer = Buffer.alloc(0);
    let heldStart = 0;
    let number = 0;
    const show = (from: number, to: number) => {
      number++;
      const mark = number === 1 && held[0] === 0xef && held[1] === 0xbb && held[2] === 0xbf ? 3 : 0;
      return visit({ start: heldStart + from + mark, number, bytes: held.subarray(from + mark, to) });
    };
    for (;;) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, heldStart + held.length);
      if (bytesRead === 0) break;
      const searched = held.length;
      held = Buffer.concat([held, chunk.subarray(0, bytesRead)]);
      let from = 0;
      for (let end = held.indexOf(LINE_FEED, searched); end !== -1; end = held.indexOf(LINE_FEED, from)) {
        if (!show(from, end)) return;
        from = end + 1;
      }
      held = held.subarray(from);
      heldStart += from;
    }
    if (held.length > 0) show(0, held.length);
  } finally {
    await handle.close();
  }
}

/** `length` bytes of a file from offset `start`; fewer where the file ends before. */
export async function readBytes(file: string, start: number, length: number): Promise<Uint8Array> {
  const handle = await open(file, "r");
  try {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await handle.read(bytes, 0, length, start);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
