import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { createScorer } from "./compose.ts";
import { RewardSpec } from "./options.ts";
import { draw, endRenderer } from "./perception/render-process.ts";
import type { Job } from "./sandbox/protocol.ts";
import { endIdleThreads, runJob } from "./sandbox/thread.ts";

const JOB: Job = {
  kind: "javascript",
  program: "const f = () => 1;",
  name: "f",
  calls: ["[]"],
  budget: 20,
  memoryMb: 16,
  stopAtFailure: true,
};
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>';

test("closing a scorer ends the sandbox threads and the renderer, and the next one starts them anew", { timeout: 120_000 }, async () => {
  const scorer = await createScorer([RewardSpec.parse({ name: "answer" })], { folder: ".", seed: 0 });
  const busy = async () => {
    expect(await runJob(JOB, 60_000)).toMatchObject({ kind: "calls", results: [{ json: "1" }] });
    expect((await draw({ svg: SVG, width: 4, height: 4, fontFiles: [] }, 60_000))?.width).toBe(4);
  };
  await busy();
  await scorer.close();
  expect(await endIdleThreads()).toBe(0);
  expect(await endRenderer()).toBe(false);
  await busy();
  expect(await endIdleThreads()).toBe(1);
  expect(await endRenderer()).toBe(true);
});

// The sandbox and the renderer must not keep a program alive that forgets to close its scorer.
test("a program that scored ends by itself", { timeout: 120_000 }, async () => {
  const at = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const program = `
    const { runJob } = await import(${at("./sandbox/thread.ts")});
    const { draw } = await import(${at("./perception/render-process.ts")});
    const { createScorer } = await import(${at("./compose.ts")});
    await createScorer([], { folder: ".", seed: 0 });
    const heard = await runJob(${JSON.stringify(JOB)}, 60000);
    const drawn = await draw({ svg: ${JSON.stringify(SVG)}, width: 4, height: 4, fontFiles: [] }, 60000);
    console.log(heard.kind, drawn.width);
    setTimeout(() => { console.log("still here"); process.exit(1); }, 30000).unref();
  `;
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (data: Buffer) => {
    said += data.toString();
  });
  const [code] = (await once(child, "exit")) as [number];
  expect(said.trim()).toBe("calls 4");
  expect(code).toBe(0);
});
