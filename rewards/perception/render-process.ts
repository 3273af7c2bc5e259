import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { waitsInQueue } from "../../core/waiting.ts";

/** What to draw, and the size that it must fit. */
export interface DrawRequest {
  svg: string;
  width: number;
  height: number;
  fontFiles: string[];
}

/** RGBA on white, 8 bits a channel. */
export interface Drawn {
  width: number;
  height: number;
  pixels: Uint8Array;
}

const START_MS = 20_000;
/** A drawing that is let through takes milliseconds; the rest is for a busy machine. */
const DRAW_MS = 5000;

// Runs in a process of its own: extreme numbers make the renderer run on without end or end its process, and neither can be caught in ours.
const SCRIPT = `
const { Resvg } = require(process.argv[1]);
process.on("disconnect", () => process.exit());
process.on("message", ({ svg, width, height, fontFiles }) => {
  let drawn = null;
  try {
    const base = { font: { loadSystemFonts: false, fontFiles }, background: "white", logLevel: "off" };
    const size = new Resvg(svg, base);
    const wide = size.width / size.height >= width / height;
    const fitTo = wide ? { mode: "width", value: width } : { mode: "height", value: height };
    const image = new Resvg(svg, { ...base, fitTo }).render();
    drawn = { width: image.width, height: image.height, pixels: new Uint8Array(image.pixels) };
  } catch {}
  process.send({ drawn });
});
process.send({ drawn: null });
`;

let renderer: ChildProcess | null = null;
let queue: Promise<unknown> = Promise.resolve();

/**
 * Draws an SVG, one at a time. Null where it can't be read, takes longer than the limit, 5 s, or ends the renderer, which is then replaced.
 * Rejects where the renderer itself does not start: that is not the drawing's fault.
 */
export function draw(request: DrawRequest, limitMs = DRAW_MS): Promise<Drawn | null> {
  const taken = waitsInQueue();
  const result = queue.then(() => {
    taken();
    return drawNow(request, limitMs);
  });
  queue = result.catch(() => undefined);
  return result;
}

/** Ends the renderer once what waits is drawn, and says whether there was one; a drawing that comes later starts another. */
export function endRenderer(): Promise<boolean> {
  const ended = queue.then(async () => {
    const child = renderer;
    if (child === null) return false;
    renderer = null;
    const exited = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    return true;
  });
  queue = ended.catch(() => undefined);
  return ended;
}

async function drawNow(request: DrawRequest, limitMs: number): Promise<Drawn | null> {
  renderer ??= await start();
  const child = renderer;
  const reply = await answer(child, limitMs, () => child.send(request, () => undefined));
  if (reply !== null) return reply.drawn;
  child.kill("SIGKILL");
  renderer = null;
  return null;
}

async function start(): Promise<ChildProcess> {
  const library = createRequire(import.meta.url).resolve("@resvg/resvg-js");
  const child = spawn(process.execPath, ["-e", SCRIPT, library], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  // Neither holds our process; a timer does while an answer is awaited.
  child.unref();
  child.channel?.unref();
  child.on("error", () => undefined);
  if ((await answer(child, START_MS, () => undefined)) !== null) return child;
  child.kill("SIGKILL");
  throw new Error("the renderer of drawings did not start");
}

interface Reply {
  drawn: Drawn | null;
}

/** The child's next message; null where it ends, or says nothing in time. */
function answer(child: ChildProcess, limitMs: number, ask: () => void): Promise<Reply | null> {
  return new Promise((resolve) => {
    const settle = (reply: Reply | null) => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("exit", onExit);
      child.off("error", onExit);
      resolve(reply);
    };
    const onMessage = (message: unknown) => settle(message as Reply);
    const onExit = () => settle(null);
    const timer = setTimeout(onExit, limitMs);
    child.on("message", onMessage);
    child.on("exit", onExit);
    child.on("error", onExit);
    if (child.exitCode !== null || child.signalCode !== null) onExit();
    else ask();
  });
}
