import { existsSync, readFileSync } from "node:fs";

/** The version in this package's package.json, which lies above `cli/` in the sources and above `dist/cli/` when built. */
export function packageVersion(): string {
  const file = ["../package.json", "../../package.json"].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  if (file === undefined) throw new Error("vlrl's package.json is missing: install the package again");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
