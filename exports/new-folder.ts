import { readdir, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { advising, atomicFolder, exists } from "../core/atomic.ts";
import { UserError } from "../core/errors.ts";

/** What was written, and how large it is. */
export interface Written {
  folder: string;
  /** paths in the folder, sorted, with `/` */
  files: string[];
  bytes: number;
}

/** Throws UserError where there is something at `out` that writing a folder there would replace. */
export async function refuseFull(out: string): Promise<void> {
  if (!(await exists(out))) return;
  const place = { file: out };
  if (!(await stat(out)).isDirectory()) {
    throw new UserError({ place, message: "a file is there already", cure: "Give --out the name of a folder that is not there yet." });
  }
  if ((await readdir(out)).length === 0) return;
  throw new UserError({
    place,
    message: "the folder is not empty, and nothing in it is overwritten",
    cure: "Give --out the name of a new folder, or remove this one first.",
  });
}

/** Makes the folder `out` from what `fill` puts into the one that it is given: it is there whole or not at all. */
export async function newFolder(out: string, fill: (temporary: string) => Promise<void>, bytes: number): Promise<Written> {
  await refuseFull(out);
  await advising("--out", () => atomicFolder(out, fill, { bytes }));
  return { folder: out, ...(await contents(out)) };
}

async function contents(folder: string): Promise<Pick<Written, "files" | "bytes">> {
  const files: string[] = [];
  let bytes = 0;
  const walk = async (below: string) => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = posix.join(below, entry.name);
      if (entry.isDirectory()) await walk(path);
      else {
        files.push(path);
        bytes += (await stat(join(folder, path))).size;
      }
    }
  };
  await walk("");
  return { files: files.sort(), bytes };
}
