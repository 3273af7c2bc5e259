import { z } from "zod";

/** A decoded picture in a row. */
export const PictureField = z
  .object({ width: z.int().min(1), height: z.int().min(1), data: z.instanceof(Uint8Array) })
  .refine(({ width, height, data }) => data.length === width * height * 3, "expected 3 bytes a pixel");
