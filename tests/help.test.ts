import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "./sources.ts";

const run = promisify(execFile);
const HEAVY = ["onnxruntime-node", "onnxruntime-common", "@huggingface/transformers", "sharp", "apache-arrow", "jiti", "onnx-proto"];
let folder: string;

// inside node_modules, so that the built files find the packages
beforeAll(async () => {
  folder = await mkdtemp(join(ROOT, "node_modules", ".vlrl-help-"));
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  const tsc = join(dirname(manifest), "bin", "tsc");
  await run(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", join(folder, "built")], { cwd: ROOT });
  await copyFile(join(ROOT, "package.json"), join(folder, "built", "package.json"));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** URLs of every script that Node loaded, from the coverage that it writes as it ends. */
async function loaded(...args: string[]): Promise<{ urls: string[]; out: string }> {
  const coverage = await mkdtemp(join(folder, "coverage-"));
  const { stdout } = await run(process.execPath, args, { cwd: folder, env: { ...process.env, NODE_V8_COVERAGE: coverage } });
  const reports = await Promise.all((await readdir(coverage)).map((name) => readFile(join(coverage, name), "utf8")));
  const urls = reports.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url));
  return { urls, out: stdout };
}

const heavyOf = (urls: string[]) => HEAVY.filter((name) => urls.some((url) => url.includes(`/node_modules/${name}/`)));

test("vlrl --help loads no heavy package", async () => {
  const main = join(folder, "built", "cli", "main.js");
  const { urls, out } = await loaded(main, "--help");
  expect(out).toContain("train [options] [recipe]");
  expect(urls.some((url) => url.endsWith("/built/cli/main.js"))).toBe(true);
  expect(heavyOf(urls)).toEqual([]);
  // nor any folder's work: a command loads it when it runs
  expect(urls.filter((url) => /\/built\/(trainers|engines|models|rollouts|datasets|rewards)\//.test(url))).toEqual([]);

  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    await run(process.execPath, [main, "--help"], { cwd: folder });
    times.push(performance.now() - started);
  }
  const fastest = Math.min(...times);
  console.log(`vlrl --help: ${fastest.toFixed(0)} ms at best of ${times.length}`);
  expect(fastest).toBeLessThan(5000); // a hang, not a measurement: the machine may be busy
});

test("the check sees a heavy package where one is loaded", async () => {
  expect(heavyOf((await loaded("--input-type=module", "--eval", 'import "sharp";')).urls)).toContain("sharp");
});
