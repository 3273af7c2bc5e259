import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { type Place, type Problem, RecipeError } from "../core/errors.ts";
import { missingFileCure } from "../datasets/missing.ts";

/** Far above any recipe; a data file named by mistake is refused before it is parsed. */
const MAX_BYTES = 2 ** 20;

/** The text of a recipe file. `named` is where another file names it. Throws RecipeError for what is no readable UTF-8 file. */
export async function readText(file: string, named: Place = { file }): Promise<string> {
  const refuse = (problem: Omit<Problem, "place">, place = named) => new RecipeError({ place, ...problem });
  const bytes = await readFile(file).catch(async (error: NodeJS.ErrnoException) => {
    switch (error.code) {
      case "ENOENT":
      case "ENOTDIR":
        throw refuse({ message: named.file === file ? "there is no such file" : `there is no ${file}`, cure: await missingFileCure(file) });
      case "EISDIR":
        throw refuse({ message: `${subject(file, named)}a folder`, cure: "Name the recipe itself, a .yaml file." });
      case "EACCES":
      case "EPERM":
        throw refuse({ message: `${subject(file, named)}not readable (${error.code})`, cure: "Change its permissions." });
      default:
        throw error;
    }
  });
  if (bytes.byteLength > MAX_BYTES) {
    const megabytes = (bytes.byteLength / 1e6).toFixed(1);
    throw refuse({ message: `${subject(file, named)}${megabytes} MB long, which is no recipe`, cure: "Name a recipe, a .yaml file." });
  }
  if (!isUtf8(bytes)) {
    throw refuse({ message: "not UTF-8 text", cure: "Save the file as UTF-8." }, { file, ...badByte(bytes) });
  }
  return bytes.toString("utf8").replace(/^\ufeff/, "");
}

function subject(file: string, named: Place): string {
  return named.file === file ? "" : `${file} is `;
}

/** Line and column, in characters, of the first byte that is not UTF-8. */
function badByte(bytes: Buffer): { line: number; column: number } {
  let line = 1;
  for (let start = 0; ; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.byteLength : newline;
    const slice = bytes.subarray(start, end);
    if (!isUtf8(slice)) return { line, column: new TextDecoder().decode(slice).indexOf("\ufffd") + 1 };
    start = end + 1;
  }
}
