/**
 * TensorBoard event files: TFRecords of `Event` messages, of which this writes the few fields that scalars need.
 * Source: tensorboard's event.proto and summary.proto; TFRecord is length, its checksum, data, its checksum, little-endian.
 */
import { type FileHandle, open } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { diskError, writeFully } from "../../core/atomic.ts";
import { maskedCrc32c } from "./crc32c.ts";

let opened = 0;

export class EventFile {
  readonly path: string;
  private readonly handle: FileHandle;
  /** bytes of whole records */
  private length = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.handle = handle;
  }

  /** A new file beside those of earlier sessions, whose names sort before it. */
  static async open(folder: string): Promise<EventFile> {
    const now = Date.now() / 1000;
    const seconds = String(Math.floor(now)).padStart(10, "0");
    const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${opened++}`);
    const handle = await open(path, "wx").catch(async (error: unknown) => {
      throw await diskError(error, path, 0);
    });
    const file = new EventFile(path, handle);
    try {
      await file.append(message([double(1, now), bytes(3, utf8("brain.Event:2"))]));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return file;
  }

  /** Tells TensorBoard to forget the points of earlier sessions from `step` on. */
  restartFrom(step: number): Promise<void> {
    const sessionStart = message([varint(1, 1)]);
    return this.append(message([double(1, Date.now() / 1000), varint(2, step), bytes(7, sessionStart)]));
  }

  /** One point for each scalar. Values are kept as float32. */
  write(step: number, scalars: Iterable<readonly [tag: string, value: number]>): Promise<void> {
    const values = [...scalars].map(([tag, value]) => bytes(1, message([bytes(1, utf8(tag)), float(2, value)])));
    return this.append(message([double(1, Date.now() / 1000), varint(2, step), bytes(5, message(values))]));
  }

  flush(): Promise<void> {
    return this.handle.datasync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private async append(data: Uint8Array): Promise<void> {
    const record = Buffer.alloc(12 + data.byteLength + 4);
    record.writeBigUInt64LE(BigInt(data.byteLength));
    record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
    record.set(data, 12);
    record.writeUInt32LE(maskedCrc32c(data), 12 + data.byteLength);
    try {
      await writeFully(this.handle, record);
      this.length += record.byteLength;
    } catch (error) {
      // Half a record would hide every later one.
      await this.handle.truncate(this.length);
      throw await diskError(error, this.path, record.byteLength);
    }
  }
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

/** The fields end to end. */
function message(fields: Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

/** Seven bits a byte, the lowest first, the top bit set on all but the last. */
function varintBytes(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...out, rest];
}

// A field starts with its number and wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
function varint(field: number, value: number): Uint8Array {
  return Uint8Array.from([field << 3, ...varintBytes(value)]);
}

function bytes(field: number, data: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([(field << 3) | 2, ...varintBytes(data.byteLength)]), data]);
}

function double(field: number, value: number): Uint8Array {
  const out = Buffer.alloc(9);
  out[0] = (field << 3) | 1;
  out.writeDoubleLE(value, 1);
  return out;
}

function float(field: number, value: number): Uint8Array {
  const out = Buffer.alloc(5);
  out[0] = (field << 3) | 5;
  out.writeFloatLE(value, 1);
  return out;
}
