import { expect, test } from "vitest";
import { files, type Import, importsOf } from "./sources.ts";

const LAYERS = ["cli", "configs", "exports", "trainers", "evals", "rollouts", "models", "engines", "core"];
const JOINED = ["environments", "rewards", "datasets"];
const below = (layer: string): string[] => LAYERS.slice(LAYERS.indexOf(layer));

/** What each folder may import, itself among it. */
const MAY: Record<string, string[]> = {
  cli: [...below("cli"), "checkpoints", ...JOINED],
  configs: [...below("configs"), ...JOINED],
  exports: [...below("exports"), "checkpoints", ...JOINED],
  trainers: [...below("trainers"), "checkpoints", ...JOINED],
  evals: [...below("evals"), ...JOINED],
  checkpoints: ["checkpoints", "engines", "core"],
  rollouts: [...below("rollouts"), ...JOINED],
  models: below("models"),
  engines: below("engines"),
  core: ["core"],
  ...Object.fromEntries(JOINED.map((folder) => [folder, [folder, "core"]])),
};

/** Only files that define things: it is loaded in every reward thread. */
const INDEX_MAY = /^(core|rewards)\/[^/]+\.ts$|^(datasets|environments)\/define\.ts$/;

const HEAVY = [
  "onnxruntime-node",
  "@huggingface/transformers",
  "sharp",
  "apache-arrow",
  "jiti",
  "vega",
  "vega-lite",
  "vega-interpreter",
  "ajv",
  "sql.js",
  "quickjs-emscripten-core",
  "@jitl/quickjs-wasmfile-release-sync",
];
/** Packages that need not be there: not even their types are imported. */
const OPTIONAL = /^@tensorflow\/|^webgpu$/;

const sources = files(".ts").filter((file) => !file.endsWith(".test.ts") && (file === "index.ts" || folderOf(file) in MAY));
const imports = sources.flatMap((file) => importsOf(file));

function folderOf(file: string): string {
  return file.split("/")[0]!;
}

function allowed({ from, to, package: external }: Import): boolean {
  if (external) return true;
  return from === "index.ts" ? INDEX_MAY.test(to) : MAY[folderOf(from)]!.includes(folderOf(to));
}

const shown = ({ from, line, to, how }: Import) => `${from}:${line} imports ${to} (${how})`;

test("every folder is in the table", () => {
  const folders = new Set(files(".ts").map(folderOf));
  for (const name of ["tests", "bench", "scripts", "index.ts", "vitest.config.ts"]) folders.delete(name);
  expect([...folders].filter((name) => !(name in MAY))).toEqual([]);
  expect(imports.length).toBeGreaterThan(300);
});

test("imports go from cli down to core, types included", () => {
  expect(imports.filter((one) => !allowed(one)).map(shown)).toEqual([]);
});

test.each([
  ["core/types.ts", "models/index.ts"],
  ["trainers/run.ts", "configs/load.ts"],
  ["rewards/index.ts", "datasets/index.ts"],
  ["checkpoints/store.ts", "trainers/options.ts"],
  ["engines/engine.ts", "models/index.ts"],
  ["index.ts", "environments/index.ts"],
])("%s may not import %s", (from, to) => {
  expect(allowed({ from, to, package: false, line: 1, how: "type" })).toBe(false);
});

test("heavy packages are imported where they are used, and never when a file is loaded", () => {
  expect(imports.filter(({ to, how }) => HEAVY.includes(to) && how === "static").map(shown)).toEqual([]);
  // all of them are in use: the rule above looks at something
  expect(HEAVY.filter((name) => !imports.some(({ to, how }) => to === name && how === "lazy"))).toEqual([]);
});

test("optional packages are loaded by name, so that the rest works and compiles without them", () => {
  expect(imports.filter(({ to }) => OPTIONAL.test(to)).map(shown)).toEqual([]);
});

test("a relative import names a file that is there, with its ending", () => {
  const known = new Set(files(""));
  expect(imports.filter(({ to, package: external }) => !external && !known.has(to)).map(shown)).toEqual([]);
});

test.each([
  ['import { a } from "../b/c.ts";', [["x/b/c.ts", "static"]]],
  ['import {\n  a,\n  type B,\n} from "./c.ts";', [["x/y/c.ts", "static"]]],
  ['import { type A, type B } from "./c.ts";', [["x/y/c.ts", "type"]]],
  ['import type { A } from "apache-arrow";', [["apache-arrow", "type"]]],
  [
    'export * from "./c.ts";\nexport type { D } from "./d.ts";',
    [
      ["x/y/c.ts", "static"],
      ["x/y/d.ts", "type"],
    ],
  ],
  ['import "./c.ts";', [["x/y/c.ts", "static"]]],
  ['import a, { b } from "@scope/name/sub";', [["@scope/name", "static"]]],
  ['const a = await import("sharp");', [["sharp", "lazy"]]],
  ['// import { a } from "./c.ts";\n/* import "./d.ts"; */\nexport const a = "x";', []],
] as const)("reads %j", (code, expected) => {
  expect(importsOf("x/y/z.ts", code).map(({ to, how }) => [to, how])).toEqual(expected);
});
