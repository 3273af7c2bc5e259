import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, posix } from "node:path";
import type { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { program } from "../cli/program.ts";
import { loadRecipe } from "../configs/load.ts";
import { recipeSchema } from "../configs/schema.ts";
import { galleryPage } from "../rewards/workbench/gallery.ts";
import { files, ROOT, read } from "./sources.ts";

const pages = files(".md").filter((file) => !file.startsWith("tests/fixtures/"));

interface Block {
  language: string;
  text: string;
}

/** Fenced blocks of a page. */
function blocks(page: string): Block[] {
  return [...read(page).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({ language: language!, text: text! }));
}

function prose(page: string): string {
  return read(page).replace(/^```[\s\S]*?^```$/gm, "");
}

/** Commands of a page: lines of its shell blocks without comments, split at `&&`, and those in the text that name a program of ours. */
function commands(page: string): string[] {
  const shell = blocks(page)
    .filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.split("\n"))
    .map((line) => line.replace(/(^|\s+)#.*$/, ""));
  const inline = [...prose(page).matchAll(/`((?:npx |npm |vlrl |\.ci\/)[^`]*)`/g)].map((match) => match[1]!);
  return [...shell, ...inline]
    .flatMap((line) => line.split("&&"))
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts);

/** What is wrong with a `vlrl …` command line, or null. */
function vlrlMistake(words: string[], parent: Command = program): string | null {
  const [name, ...rest] = words;
  if (name === undefined || name.startsWith("--")) return ["--help", "--version", undefined].includes(name) ? null : `no ${name}`;
  const command = parent.commands.find((one) => one.name() === name);
  if (command === undefined) return `no command ${name}`;
  if (command.commands.length > 0) return vlrlMistake(rest, command);
  let given = 0;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    if (!word.startsWith("--")) {
      given++;
      continue;
    }
    const option = command.options.find(({ long }) => long === word);
    if (option === undefined && word !== "--help") return `${name} has no option ${word}`;
    const value = rest[i + 1];
    if (option?.required || (option?.optional && value !== undefined && !value.startsWith("--"))) i++;
    if (option?.required && (value === undefined || value.startsWith("--"))) return `${word} wants a value`;
  }
  return given > command.registeredArguments.length ? `${name} takes fewer arguments` : null;
}

/** What is wrong with a command line of ours, or null; other programs are none of our business. */
function mistake(line: string): string | null {
  const words = line.split(/\s+/);
  const [first, second, third] = words;
  if (first === "vlrl") return vlrlMistake(words.slice(1));
  if (first === "npx" && second === "vlrl") return vlrlMistake(words.slice(2));
  if (first === "node" && second === "dist/cli/main.js") return vlrlMistake(words.slice(2));
  if (first === ".ci/run") return existsSync(join(ROOT, first)) ? null : "no such file";
  if (first !== "npm") return null;
  if (second === "test") return scripts.includes("test") ? null : "no test script";
  if (second !== "run") return null;
  if (!scripts.includes(third!)) return `no script ${third}`;
  return third === "quickstart" && words[3] === "--" ? vlrlMistake(["train", "configs/quickstart.yaml", ...words.slice(4)]) : null;
}

describe.each(pages)("%s", (page) => {
  test("commands are there, and their options", () => {
    expect(commands(page).flatMap((line) => mistake(line) ?? [])).toEqual([]);
  });

  test("relative links lead somewhere", () => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!).filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [path, anchor] = link.split("#");
      const target = path === "" ? page : posix.join(posix.dirname(page), path!);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchors(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** A heading's anchor as GitHub makes it. */
function anchors(page: string): string[] {
  const headings = [...prose(page).matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each([
  ["vlrl train recipe.yaml --set seed=1 --resume auto", null],
  ["vlrl trian recipe.yaml", "no command trian"],
  ["npx vlrl eval x --row 3", "eval has no option --row"],
  ["vlrl eval x --rows", "--rows wants a value"],
  ["vlrl schema x", "schema takes fewer arguments"],
  ["vlrl reward serve rewards.yaml --port 1", null],
  ["vlrl reward sevre x", "no command sevre"],
  ["npm run chek", "no script chek"],
  ["npm run quickstart -- --sed 1", "train has no option --sed"],
])("%j: %j", (line, expected) => {
  expect(mistake(line)).toBe(expected);
});

test("README names every command and opens with two that anyone can run", () => {
  const readme = read("README.md");
  for (const command of program.commands) expect(readme).toContain(`| \`vlrl ${command.name()}`);
  expect(commands("README.md").slice(0, 4)).toEqual(["npm ci", "npm run quickstart", "npm ci", "npm test"]);
});

test("every page but the changelog opens with a command", () => {
  const without = pages.filter(
    (page) => !["CHANGELOG.md"].includes(page) && !/^```sh$/m.test(read(page).split("\n").slice(0, 12).join("\n")),
  );
  expect(without).toEqual([]);
});

describe("recipes in pages load", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "vlrl-docs-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const recipes = pages.flatMap((page) =>
    blocks(page)
      .filter(({ language }) => language === "yaml")
      .map(({ text }) => ({ page, text })),
  );
  test.each(recipes)("$page: $text", async ({ text }) => {
    await standIns(parse(text), folder);
    const base = JSON.stringify(join(ROOT, "configs/quickstart.yaml"));
    const whole = /^extends: .*$/m.test(text) ? text.replace(/^extends: .*$/m, `extends: ${base}`) : `extends: ${base}\n${text}`;
    const file = join(folder, "recipe.yaml");
    await writeFile(file, whole);
    const { recipe } = await loadRecipe(file, { set: [] });
    expect(recipe.stages.length).toBeGreaterThan(0);
  });
});

/** Makes the files and folders that a recipe names by `path` or `file`. */
async function standIns(value: unknown, folder: string): Promise<void> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    await standIns(item, folder);
    if ((key !== "path" && key !== "file") || typeof item !== "string") continue;
    const path = join(folder, item);
    await mkdir(extname(path) === "" ? path : dirname(path), { recursive: true });
    if (extname(path) !== "") await writeFile(path, "{}\n");
  }
}

describe("docs/recipes.md and the schema say the same", () => {
  interface Node {
    additionalProperties?: Node;
    properties?: Record<string, Node & { default?: unknown }>;
    required?: string[];
    anyOf?: Node[];
    oneOf?: Node[];
    items?: Node;
    const?: unknown;
    default?: unknown;
  }

  /** The rows of the first table under each heading: field to default. */
  function sections(): Map<string, Map<string, string>> {
    const found = new Map<string, Map<string, string>>();
    for (const part of read("docs/recipes.md").split(/^#+ /m).slice(1)) {
      const title = part.split("\n")[0]!.replaceAll("`", "");
      const table = /^\| field +\|.*\n\|.*\n((?:\|.*\n?)*)/m.exec(part)?.[1];
      if (table === undefined) continue;
      const rows = table.trim().split("\n");
      found.set(title, new Map(rows.map((row) => row.split("|").slice(1, 3)).map(([field, value]) => [bare(field!), bare(value!)])));
    }
    return found;
  }

  function bare(cell: string): string {
    return cell.trim().replace(/^`(.*)`$/, "$1");
  }

  const root = recipeSchema() as Node;
  const property = (node: Node, ...keys: string[]): Node => keys.reduce((at, key) => at.properties![key]!, node);
  const options = (node: Node): Node[] => (node.anyOf ?? node.oneOf ?? [node]).flatMap((one) => (one === node ? [one] : options(one)));
  const kinds = (node: Node, key: string, word: string): [string, Node][] =>
    options(node)
      .filter((one) => one.properties?.[key]?.const !== undefined)
      .map((one) => [`${word} ${one.properties![key]!.const}`, one]);

  const stages = kinds(property(root, "stages").items!, "kind", "Stage");
  const grpo = stages.find(([title]) => title === "Stage grpo")![1];
  const nodes = new Map<string, Node>([
    ["The whole", root],
    ...["model", "data", "evaluation", "checkpoints", "rollouts"].map((key): [string, Node] => [key, property(root, key)]),
    ["lora", options(property(root, "model", "lora")).find((one) => one.properties !== undefined)!],
    ["rewards", property(root, "rewards").items!],
    ...kinds(property(root, "judges").additionalProperties!, "kind", "Judge"),
    ...kinds(property(root, "data", "train"), "name", "Dataset"),
    ...kinds(property(root, "environment"), "name", "Environment"),
    ...stages,
    ["filter", options(property(grpo, "filter")).find((one) => one.properties !== undefined)!],
    ["replay", options(property(grpo, "replay")).find((one) => one.properties !== undefined)!],
    ["reject", property(grpo, "reject").items!],
    ["optimizer", property(stages[0]![1], "optimizer")],
    ["sampling", property(root, "evaluation", "sampling")],
  ]);

  test("the page has a table for each part", () => {
    expect([...sections().keys()].sort()).toEqual([...nodes.keys()].sort());
  });

  test.each([...nodes])("%s", (title, node) => {
    const expected = Object.entries(node.properties!).map(([name, { default: value }]): [string, unknown] => {
      if (value !== undefined) return [name, value];
      return [name, node.required?.includes(name) ? "required" : "–"];
    });
    const rows = [...(sections().get(title) ?? [])].map(([name, value]): [string, unknown] => [
      name,
      value === "required" || value === "–" ? value : JSON.parse(value),
    ]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
  });
});

test("docs/reward-gallery.md is what the rewards' definitions say: else npm run docs:rewards", async () => {
  expect(read("docs/reward-gallery.md")).toBe(await galleryPage());
});
