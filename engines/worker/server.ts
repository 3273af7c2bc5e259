import type { MessagePort } from "node:worker_threads";
import type { Completion, Engine, SampleRequest } from "../engine.ts";
import { type Call, packError, type Reply } from "./protocol.ts";

/** Answers calls from the main thread, one after the other, with an engine that lives in this one. */
export async function serveEngine(port: MessagePort, start: () => Promise<Engine>): Promise<void> {
  const send = (reply: Reply) => port.postMessage(reply);
  let engine: Engine;
  try {
    engine = await start();
  } catch (error) {
    send({ type: "error", id: null, error: packError(error) });
    return;
  }
  let queue = Promise.resolve();
  port.on("message", (call: Call) => {
    queue = queue.then(async () => {
      try {
        send({ type: "result", id: call.id, value: await answer(engine, call, send) });
      } catch (error) {
        send({ type: "error", id: call.id, error: packError(error) });
      }
    });
  });
  send({ type: "ready" });
}

function answer(engine: Engine, { id, method, args }: Call, send: (reply: Reply) => void): Promise<unknown> {
  if (method === "sample") {
    return engine.sample(args[0] as SampleRequest, (completion: Completion) => send({ type: "completion", id, completion }));
  }
  return (engine[method] as (...args: unknown[]) => Promise<unknown>).apply(engine, args);
}
