/** Entry of a sandbox thread: one job after the other. Each engine is loaded when the first job asks for it. */
import { parentPort } from "node:worker_threads";
import type { Job, Reply } from "./protocol.ts";

// What an engine prints when it gives up is nobody's to read.
process.stdout.write = () => true;
process.stderr.write = () => true;

const port = parentPort!;

async function run(job: Job): Promise<Reply> {
  if (job.kind === "javascript") return (await import("./javascript.ts")).runJavaScript(job);
  return (await import("./sql.ts")).runSql(job);
}

port.on("message", (job: Job) => {
  run(job).then(
    (reply) => port.postMessage(reply),
    (error: unknown) =>
      port.postMessage({ kind: "refused", message: error instanceof Error ? error.message : String(error) } satisfies Reply),
  );
});
port.postMessage({ kind: "ready" } satisfies Reply);
