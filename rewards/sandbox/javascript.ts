import type { QuickJSContext, QuickJSHandle, QuickJSSyncVariant, QuickJSWASMModule } from "quickjs-emscripten-core";
import type { CallResult, Job, Reply } from "./protocol.ts";

type JavaScriptJob = Extract<Job, { kind: "javascript" }>;

const STACK_BYTES = 512 * 1024;
const MAX_RESULT = 100_000;

/** No clock and no chance: the same program gives the same result. */
const PRELUDE = `{
  const Plain = Date;
  globalThis.Date = class Date extends Plain { constructor(...a) { super(...(a.length ? a : [0])); } static now() { return 0; } };
  let state = 1;
  Math.random = () => (state = (state * 48271) % 2147483647) / 2147483647;
}`;

/** Node's own types leave WebAssembly to the browser's. */
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (sizes: { initial: number; maximum: number }) => never } })
  .WebAssembly;

const PAGE_BYTES = 65_536;
/** What the engine itself was built to start with. */
const FIRST_PAGES = 256;

/** An engine with a memory of its own: QuickJS's limit counts next to nothing in WebAssembly, but a memory has a largest size. */
async function load(memoryMb: number): Promise<QuickJSWASMModule> {
  const { newQuickJSWASMModuleFromVariant, newVariant } = await import("quickjs-emscripten-core");
  const { default: variant } = await import("@jitl/quickjs-wasmfile-release-sync");
  const maximum = FIRST_PAGES + Math.ceil((memoryMb * 2 ** 20) / PAGE_BYTES);
  const wasmMemory = new Memory({ initial: FIRST_PAGES, maximum });
  // Its types say CommonJS, the file that Node loads is a module.
  return newQuickJSWASMModuleFromVariant(newVariant(variant as unknown as QuickJSSyncVariant, { wasmMemory }));
}

/**
 * Runs a program anew for each call, in a QuickJS of its own without files, network or timers, and returns each result as JSON. What a
 * result should be never comes in here, so a program can't look it up. `budget` counts QuickJS's interrupts, some 10 000 steps each.
 */
export async function runJavaScript(job: JavaScriptJob): Promise<Reply> {
  let quickjs = await load(job.memoryMb);
  const results: CallResult[] = [];
  for (const args of job.calls) {
    const { result, broken } = once(quickjs, job, args);
    results.push(result);
    if (job.stopAtFailure && "failed" in result) break;
    if (broken) quickjs = await load(job.memoryMb);
  }
  return { kind: "calls", results };
}

function once(quickjs: QuickJSWASMModule, { program, name, budget }: JavaScriptJob, args: string): { result: CallResult; broken: boolean } {
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  let interrupts = 0;
  runtime.setInterruptHandler(() => ++interrupts > budget);
  const context = runtime.newContext();
  try {
    const result = called(context, program, name, args);
    context.dispose();
    runtime.dispose();
    return { result, broken: false };
  } catch (error) {
    // The engine itself gave up: it ran out of stack or memory half way through. It is left as it is, since cleaning up may never end.
    return { result: { failed: error instanceof Error ? error.message : String(error) }, broken: true };
  }
}

/** What the program itself does wrong is a failed result; throws only where the engine fails. */
function called(context: QuickJSContext, program: string, name: string, args: string): CallResult {
  const held: QuickJSHandle[] = [];
  const keep = (handle: QuickJSHandle) => {
    held.push(handle);
    return handle;
  };
  const take = (result: ReturnType<QuickJSContext["evalCode"]>): QuickJSHandle => {
    if (!result.error) return keep(result.value);
    keep(result.error);
    throw new ProgramError(
      context.typeof(result.error) === "object" ? context.getString(keep(context.getProp(result.error, "message"))) : "thrown",
    );
  };
  const free = () => {
    for (const handle of held) if (handle.alive) handle.dispose();
  };
  try {
    take(context.evalCode(PRELUDE));
    // Taken before the program can put something else in their place.
    const json = keep(context.getProp(context.global, "JSON"));
    const [parse, stringify] = [keep(context.getProp(json, "parse")), keep(context.getProp(json, "stringify"))];
    take(context.evalCode(program, "program.js", { type: "global" }));
    const target = take(context.evalCode(name));
    const list = take(context.callFunction(parse, json, keep(context.newString(args))));
    const values = Array.from({ length: JSON.parse(args).length as number }, (_, i) => keep(context.getProp(list, i)));
    const result = take(context.callFunction(target, context.undefined, ...values));
    const written = take(context.callFunction(stringify, json, result));
    const text = context.typeof(written) === "string" ? context.getString(written) : null;
    free();
    if (text === null) return { failed: "the result is no JSON" };
    return text.length > MAX_RESULT ? { failed: "the result is too long" } : { json: text };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    free();
    return { failed: error.message };
  }
}

class ProgramError extends Error {}
