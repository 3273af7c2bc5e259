import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { nearest } from "../core/nearest.ts";

const SHOWN = 5;

/** What to do about a file that is not there: the nearest name beside it, or what the folder holds. */
export async function missingFileCure(file: string): Promise<string> {
  const folder = dirname(file);
  let names: string[];
  try {
    names = (await readdir(folder)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return `The folder ${folder} does not exist either.`;
    if (code === "ENOTDIR") return `${folder} is not a folder.`;
    throw error;
  }
  const near = nearest(basename(file), names);
  if (near !== null) return `Did you mean ${near}?`;
  if (names.length === 0) return `The folder ${folder} is empty.`;
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `The folder ${folder} holds ${names.slice(0, SHOWN).join(", ")}${more}.`;
}
