import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageVersion } from "./version.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const TSX = createRequire(import.meta.url).resolve("tsx");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-main-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function vlrl(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", TSX, MAIN, ...args], { cwd: folder });
    let [out, err] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (err += data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

describe.concurrent("the program", () => {
  test("--version and --help", async () => {
    expect(await vlrl("--version")).toEqual({ code: 0, out: `${packageVersion()}\n`, err: "" });
    const { code, out } = await vlrl("--help");
    expect(code).toBe(0);
    for (const command of ["train", "eval", "generate", "rollouts", "merge", "export", "schema", "doctor"])
      expect(out).toContain(`\n  ${command} `);
  });

  test.each([
    [["trian"], "error: unknown command 'trian'\n(Did you mean train?)\n"],
    [["train", "r.yaml", "--dry-rn"], "error: unknown option '--dry-rn'\n(Did you mean --dry-run?)\n"],
    [["train"], "error: missing required argument 'recipe'\n"],
    [["train", "--resume", "nope.yaml"], "nope.yaml: there is no such file\n"],
    [["eval", "x", "--rows", "1.5"], "error: option '--rows <n>' argument '1.5' is invalid. Expected a whole number of 1 or more.\n"],
    [["generate", "x", "y", "--temperature", "hot"], "Expected a number.\n"],
    [["merge", "x"], "error: required option '--out <folder>' not specified\n"],
    [["export", "nowhere", "--out", "o"], "nowhere: there is no such folder\n"],
    [["rollouts", "x", "--sort", "age"], "Allowed choices are order, reward.\n"],
  ])("%j is the reader's mistake", async (args, message) => {
    const { code, out, err } = await vlrl(...args);
    expect(err).toContain(message);
    expect(out).toBe("");
    expect(code).toBe(2);
  });

  test("a bad recipe: every problem, no stack, exit 2", async () => {
    const file = join(folder, "bad.yaml");
    await writeFile(file, "sead: 1\nmodel: { preset: tiny }\ndata: { train: { name: digit_sum }, eval: null }\nrewards: []\nstages: []\n");
    const { code, out, err } = await vlrl("train", "bad.yaml", "--dry-run", "--set", "rollouts.write=1");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toBe(
      [
        "bad.yaml:1:1: sead: unknown key",
        "  Did you mean seed?",
        "bad.yaml:4:10: rewards: expected 1 entry or more, got 0",
        "bad.yaml:5:9: stages: expected 1 entry or more, got 0",
        "--set rollouts.write=1: rollouts.write: expected true or false, got 1",
        "",
      ].join("\n"),
    );
  });

  test("ends quietly when nobody reads on", async () => {
    const child = spawn(process.execPath, ["--import", TSX, MAIN, "schema"], { cwd: folder });
    let err = "";
    child.stderr.on("data", (data) => (err += data));
    child.stdout.destroy();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    expect(err).toBe("");
  });
});

test("a bug has its stack and exit code 1", async () => {
  const { report } = await import("./exit.ts");
  let text = "";
  expect(report(new TypeError("x is not a function"), (printed) => (text += printed))).toBe(1);
  expect(text).toContain("TypeError: x is not a function\n    at ");
});
