import { execFile, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { frameHead } from "./frames.ts";
import { PythonProcess, pyodideFolder, pythonArguments } from "./python.ts";
import { PYTHON_CHILD } from "./python-child.ts";
import { PYTHON_HARNESS } from "./python-harness.ts";
import { closePython, inPython } from "./python-pool.ts";

const LIMITS = { timeoutMs: 20_000, memoryMb: 256 };
const MINUTES = 180_000;
const stdin = (program: string) => ({ kind: "stdin", program, stdin: "" }) as const;

afterAll(closePython);

/** Whether a process runs: one that has ended and waits to be collected does not. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function ended(pid: number): Promise<boolean> {
  for (let i = 0; i < 600; i++) {
    if (!runs(pid)) return true;
    await sleep(100);
  }
  return false;
}

test("a program that overruns its time is killed, and those that wait get their whole time", { timeout: MINUTES }, async () => {
  const hang = () =>
    inPython(async (session) => {
      const heard = await session.run(stdin("while True: pass"), { ...LIMITS, timeoutMs: 1000 });
      // the next of the same session is run in another process
      return [heard, await session.run(stdin("print(1)"), LIMITS)];
    });
  // more than run at once: the last ones wait for longer than their own limit
  const heard = await Promise.all([hang(), hang(), hang(), inPython((session) => session.run(stdin("print(2)"), LIMITS))]);
  const both = [{ timeout: true }, { stdout: "1\n" }];
  expect(heard).toEqual([both, both, both, { stdout: "2\n" }]);
});

test("a process is gone after its time, after being broken, and once closed", { timeout: MINUTES }, async () => {
  const hung = await PythonProcess.start("program");
  expect(await hung.run(stdin("while True: pass"), { ...LIMITS, timeoutMs: 500 })).toEqual({ timeout: true });
  await hung.gone();
  const broken = await PythonProcess.start("program");
  expect(await broken.run(stdin("import os\nos._exit(0)"), LIMITS)).toEqual({ broken: true });
  await broken.gone();
  expect([hung.alive, broken.alive, runs(hung.pid!), runs(broken.pid!)]).toEqual([false, false, false, false]);
  expect(await broken.run(stdin("print(1)"), LIMITS)).toEqual({ broken: true });
});

test("the same program gives the same result in every process", { timeout: MINUTES }, async () => {
  const program =
    "import os, random, time, uuid\nprint(random.random(), os.urandom(8), uuid.uuid4(), hash('a'), time.time(), time.perf_counter(), {'a', 'b', 'c'})";
  const run = () => inPython((session) => session.run(stdin(program), LIMITS));
  const [first, second] = await Promise.all([run(), run()]);
  expect(first).toHaveProperty("stdout");
  expect(second).toEqual(first);
});

test("without the package it says what to install", () => {
  expect(() => pyodideFolder("file:///nowhere/at-all.js")).toThrow("npm install pyodide");
});

const SELF = new URL("./", import.meta.url).href;
const fromSource = (code: string) => ["--import", "tsx", "--input-type=module", "--eval", code];

test("interpreters that wait do not keep the process alive", { timeout: MINUTES }, async () => {
  const code = `const { inPython } = await import("${SELF}python-pool.ts");
    console.log(JSON.stringify(await inPython((session) => session.run(${JSON.stringify(stdin("print(5)"))}, ${JSON.stringify(LIMITS)}))));`;
  const { stdout } = await promisify(execFile)(process.execPath, fromSource(code), { timeout: MINUTES });
  expect(stdout).toContain('{"stdout":"5\\n"}');
});

test("a process that is killed takes its interpreters along, busy or not", { timeout: MINUTES }, async () => {
  const code = `const { PythonProcess } = await import("${SELF}python.ts");
    const [idle, busy] = [await PythonProcess.start("program"), await PythonProcess.start("program")];
    busy.run(${JSON.stringify(stdin("while True: pass"))}, { timeoutMs: 3000, memoryMb: 256 });
    setTimeout(() => console.log(JSON.stringify([idle.pid, busy.pid])), 200);`;
  const parent = spawn(process.execPath, fromSource(code), { stdio: ["ignore", "pipe", "inherit"] });
  const pids = await new Promise<number[]>((resolve) => parent.stdout.once("data", (text) => resolve(JSON.parse(String(text)))));
  expect(pids.map(runs)).toEqual([true, true]);
  parent.kill("SIGKILL");
  expect(await Promise.all(pids.map(ended))).toEqual([true, true]);
});

/** What of Node is left to JavaScript in the realm of Python, and to the process itself: name to what came of it. */
const PROBES = `
const found = {};
const realmDoes = async (code) => {
  try { return await inside("(async () => { try { return String(await (" + code + ")) } catch (error) { return String(error) } })()"); } catch (error) { return String(error); }
};
found.globals = await realmDoes("['process', 'require', 'module', 'Buffer', 'fetch', 'WebSocket', 'setImmediate', 'queueMicrotask', 'navigator', 'global', 'structuredClone', 'ask'].filter((name) => name in globalThis)");
found.function = await realmDoes("(() => {}).constructor('return 1')()");
found.asynchronous = await realmDoes("(async () => {}).constructor('return 1')()");
found.generator = await realmDoes("(function* () {}).constructor('return 1')()");
found.eval = await realmDoes("eval('1')");
found.import = await realmDoes("import('node:fs')");
// the error of a refused import is made by Node's own realm
found.outer = await realmDoes("import('node:fs').catch((error) => error.constructor.constructor('return 1')())");
found.poisoned = await realmDoes("import('node:fs').catch((error) => { error.constructor.prototype.x = 1; return error.x; })");
found.frames = await realmDoes("(() => { Error.prepareStackTrace = (_, frames) => frames.filter((one) => !/evalmachine/.test(one.getFileName())).map((one) => typeof one.getThis() + typeof one.getFunction()); return [...new Set(new Error('x').stack)]; })()");
const does = async (work) => {
  try { return String(await work()).slice(0, 50); } catch (error) { return error.code ?? error.name; }
};
const { spawnSync } = await import("node:child_process");
const { Worker } = await import("node:worker_threads");
found.node = Reflect.ownKeys(globalThis).filter((name) => ["process", "require", "Buffer", "fetch", "WebSocket", "setTimeout", "console", "navigator"].includes(name)).join();
found.code = await does(() => new Function("return 1")());
found.read = await does(() => fs.readFileSync("/etc/hostname"));
found.list = await does(() => fs.readdirSync("/"));
found.write = await does(() => fs.writeFileSync("/tmp/vlrl-written", ""));
found.spawn = await does(() => { const { error } = spawnSync("true"); if (error) throw error; return "ran"; });
found.worker = await does(() => new Worker("", { eval: true }));
found.environment = JSON.stringify(process.env);
writeFrame(Bytes.from(JSON.stringify(found)));
exit(0);
`;

test("nothing of Node is in Python's realm, and little is left to the process", { timeout: MINUTES }, () => {
  const at = 'if (mode === "snapshot") {';
  expect(PYTHON_CHILD.split(at)).toHaveLength(2);
  const script = PYTHON_CHILD.replace(at, () => PROBES + at);
  const harness = Buffer.from(PYTHON_HARNESS);
  const input = Buffer.concat([frameHead(harness), harness]);
  const { stdout } = spawnSync(process.execPath, pythonArguments("snapshot", script), { input, env: {} });
  const disallowed = "EvalError: Code generation from strings disallowed for this context";
  expect(JSON.parse(stdout.subarray(4).toString())).toEqual({
    globals: "",
    function: disallowed,
    asynchronous: disallowed,
    generator: disallowed,
    eval: disallowed,
    import: expect.stringContaining("ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING"),
    outer: disallowed,
    poisoned: "undefined",
    frames: "undefinedundefined",
    node: "",
    code: "EvalError",
    read: "ERR_ACCESS_DENIED",
    list: "ERR_ACCESS_DENIED",
    write: "ERR_ACCESS_DENIED",
    spawn: "ERR_ACCESS_DENIED",
    worker: "ERR_ACCESS_DENIED",
    environment: "{}",
  });
});
