import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program, type Started } from "./program.ts";

let program: Program;
let folder: string;
beforeAll(async () => {
  program = await Program.build();
  folder = await mkdtemp(join(tmpdir(), "vlrl-serve-"));
  await writeFile(join(folder, "rewards.yaml"), "rewards:\n  - { name: answer }\n  - { file: ./slow.mjs, weight: 0.5 }\n");
  await writeFile(
    join(folder, "slow.mjs"),
    `import { defineReward, z } from "vlrl";
export default defineReward({ name: "slow", target: z.string(), field: "answer", score: async () => { await new Promise((done) => setTimeout(done, 500)); return 1; } });`,
  );
}, 60_000);
afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

async function serving(args: string[] = []): Promise<{ url: string; server: Started }> {
  let server: Started | undefined;
  const url = await new Promise<string>((resolve, reject) => {
    server = program.start(["reward", "serve", join(folder, "rewards.yaml"), "--port", "0", "--json", ...args], {
      onEvent: (event) => resolve((event as unknown as { url: string }).url),
    });
    void server.ended.then(({ err }) => reject(new Error(err)));
  });
  return { url, server: server! };
}

test("rewards of a file are served on this machine alone; Ctrl-C lets what is under way be answered, and ends with 0", async () => {
  const { url, server } = await serving();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const body = JSON.stringify({ prompt: "3+4?", response: "<answer>7</answer>", label: "7" });
  const asked = fetch(`${url}/slime`, { method: "POST", body });
  await new Promise((resolve) => setTimeout(resolve, 200));
  server.kill("SIGINT");
  expect(await (await asked).json()).toEqual({ answer: 1, slow: 1, reward: 1.5 });
  const { code, err } = await server.ended;
  expect(err).not.toMatch(/^ {4}at /m);
  expect(code).toBe(0);
});

test("a port that is taken, a reward that is not there: the cure, and exit code 2", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  const taken = await program.run(["reward", "serve", join(folder, "rewards.yaml"), "--port", String(port)]);
  other.close();
  expect(taken.err).toBe(`127.0.0.1:${port}: something listens there already\n  Take another --port.\n`);
  expect(taken.code).toBe(2);
  const file = join(folder, "wrong.yaml");
  await writeFile(file, "seed: 1\nrewards:\n  - { name: anser }\nmodle: {}\n");
  const wrong = await program.run(["reward", "serve", file]);
  expect(wrong.err).toContain(`${file}:3:13: rewards.0.name: no reward is called "anser"\n  Did you mean "answer"?`);
  expect(wrong.err).toContain(`${file}:4:1: modle: `);
  expect(wrong.code).toBe(2);
});
