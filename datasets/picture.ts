import { readFile } from "node:fs/promises";
import type { Sharp } from "sharp";
import type { Picture } from "../core/types.ts";
import { missingFileCure } from "./missing.ts";

/** Why a picture can't be used, and what to do about it. */
export interface PictureProblem {
  message: string;
  cure: string;
}

/**
 * A picture file as RGB, turned as its EXIF orientation says and laid on white where it is transparent; the first frame of an animation.
 *
 * A file that is missing, empty, not a picture or cut short comes back as a problem: nothing is filled in for it.
 */
export async function readPicture(file: string): Promise<Picture | PictureProblem> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { message: `no file ${file}`, cure: await missingFileCure(file) };
    if (code === "EISDIR") return { message: `${file} is a folder`, cure: "Name the picture in it." };
    if (code === "EACCES") return { message: `${file} may not be read`, cure: "Change its permissions." };
    throw error;
  }
  if (bytes.length === 0) return { message: `${file} is empty (0 bytes)`, cure: "Copy the picture again, or remove the row." };
  return decode(file, bytes);
}

async function decode(file: string, bytes: Buffer): Promise<Picture | PictureProblem> {
  const { default: sharp } = await import("sharp");
  const input = { failOn: "error" } as const;
  try {
    await sharp(bytes, input).metadata();
  } catch (error) {
    return { message: `${file} is not a picture (${reason(error)})`, cure: "JPEG, PNG, WebP, GIF, AVIF and TIFF can be read." };
  }
  const upright = sharp(bytes, input).autoOrient().flatten({ background: "white" }).toColourspace("srgb").raw({ depth: "uchar" });
  let decoded: Awaited<ReturnType<typeof rawPixels>>;
  try {
    decoded = await rawPixels(upright);
  } catch (error) {
    return { message: `${file} is damaged or cut short (${reason(error)})`, cure: "Copy the picture again, or remove the row." };
  }
  const { data, info } = decoded;
  if (info.channels !== 3) throw new Error(`${file}: expected 3 channels, the decoder gave ${info.channels}`);
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

const rawPixels = (picture: Sharp) => picture.toBuffer({ resolveWithObject: true });

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : `${error}`).trim().replace(/\s+/g, " ");
}
