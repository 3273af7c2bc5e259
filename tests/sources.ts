import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Import {
  /** both relative to the root, with `/`; `to` is a package's name where it names one */
  from: string;
  to: string;
  package: boolean;
  line: number;
  /** `type`: gone when compiled; `lazy`: `import()` */
  how: "static" | "type" | "lazy";
}

/** Top-level folders that hold what is made or fetched, not what is written. */
const MADE = ["node_modules", "dist", "runs", ".git", ".venv"];

/** The project's files with one of these endings, relative to the root and with `/`, sorted. */
export function files(...endings: string[]): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!MADE.includes(path)) walk(path);
      } else if (endings.some((ending) => path.endsWith(ending))) found.push(path);
    }
  };
  walk("");
  return found.sort();
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** `import … from "x"`, `export … from "x"`, `import "x"`; the braces of a long list may span lines. */
const DECLARATION = /^(?:import|export)\s+(?:(type)\s+)?(?:([\w*${][^;"']*?)\s*from\s*)?["']([^"']+)["']/gm;
/** `import("x")`, also where it names a type. */
const CALL = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** Every import of a source file, in the layout that the formatter leaves. */
export function importsOf(file: string, text = read(file)): Import[] {
  const code = text.replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*)/gm, (comment) => comment.replace(/[^\n]/g, " "));
  const make = (index: number, target: string, how: Import["how"]): Import => {
    const line = code.slice(0, index).split("\n").length;
    if (target.startsWith(".")) return { from: file, to: posix.join(posix.dirname(file), target), package: false, line, how };
    const parts = target.split("/");
    return { from: file, to: parts.slice(0, target.startsWith("@") ? 2 : 1).join("/"), package: true, line, how };
  };
  return [
    ...[...code.matchAll(DECLARATION)].map((m) => make(m.index, m[3]!, m[1] !== undefined || onlyTypes(m[2]) ? "type" : "static")),
    ...[...code.matchAll(CALL)].map((m) => make(m.index, m[1]!, "lazy")),
  ];
}

/** `{ type A, type B }` */
function onlyTypes(names: string | undefined): boolean {
  const list = /^\{([\s\S]*)\}$/.exec(names?.trim() ?? "")?.[1];
  const entries = list?.split(",").map((entry) => entry.trim()) ?? [];
  return entries.some((entry) => entry !== "") && entries.every((entry) => entry === "" || entry.startsWith("type "));
}
