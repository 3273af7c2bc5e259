/**
 * What a Python process runs, as a module for `node --eval`: arguments are its mode and pyodide's folder, frames on stdin and stdout are a
 * length (uint32, little endian) and as many bytes.
 *
 *   snapshot  sends the memory of an interpreter that has started, and ends
 *   program   reads such a memory, then frames `{ id, memoryMb, timeoutMs, job }`, and answers each with `{ id, answer }` or `{ id, late }`
 *   judge     as program; besides, its Python may ask through `ask`, which sends `{ id, ask }` and waits for a frame in reply
 *
 * Pyodide runs in a realm that holds what ECMAScript and WebAssembly define and nothing of Node's: it takes it for a bare shell, so no file,
 * socket or process is in any of its closures. Node's own realm is emptied as well, and makes no code of strings. Reading and writing are
 * synchronous, on descriptors that only this module knows, so that no stream or handle is alive while a program runs.
 */
export const PYTHON_CHILD = `
import fs from "node:fs";
import vm from "node:vm";

// not by import, which would open the streams of stdin and stdout
const { process, Buffer: Bytes } = globalThis;
const [mode, folder] = process.argv.slice(-2);
const exit = process.reallyExit.bind(process);
const frame = Bytes.alloc(4);

function readInto(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const count = fs.readSync(0, bytes, at, bytes.length - at, null);
    if (count === 0) exit(0); // the parent is gone
    at += count;
  }
  return bytes;
}
const readFrame = () => readInto(Bytes.allocUnsafe(readInto(frame).readUInt32LE(0)));
function writeFrame(bytes) {
  const head = Bytes.alloc(4);
  head.writeUInt32LE(bytes.length, 0);
  for (const part of [head, bytes]) for (let at = 0; at < part.length; ) at += fs.writeSync(1, part, at, part.length - at);
}
const send = (value) => writeFrame(Bytes.from(JSON.stringify(value)));
const receive = () => JSON.parse(readFrame().toString());

const text = (name) => fs.readFileSync(folder + "/" + name, "utf8");
// two places in which its glue is a module and not a script
const glue = text("pyodide.asm.mjs").replaceAll("import.meta.url", '"file:///python"')
  .replace("export default _createPyodideModule", "const createPyodideModule = _createPyodideModule");
const scripts = [new vm.Script(glue, { filename: "glue.js" }), new vm.Script(text("pyodide.js"), { filename: "loader.js" })];
const lock = JSON.stringify({ info: JSON.parse(text("pyodide-lock.json")).info, packages: {} });
const binaries = { wasm: fs.readFileSync(folder + "/pyodide.asm.wasm"), stdlib: fs.readFileSync(folder + "/python_stdlib.zip") };
if (mode === "snapshot") binaries.harness = readFrame();
else binaries.snapshot = readFrame();

const realm = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: true } });
const inside = (code, options) => vm.runInContext(code, realm, options);

// Node's realm keeps what ECMAScript defines.
const defined = new Set(inside("Reflect.ownKeys(globalThis)"));
for (const key of Reflect.ownKeys(globalThis)) if (!defined.has(key) || key === "console") delete globalThis[key];

for (const [name, bytes] of Object.entries(binaries)) {
  const copy = inside("new Uint8Array(" + bytes.length + ")");
  copy.set(bytes);
  realm[name] = copy;
}
realm.lock = lock;
if (mode === "judge") realm.ask = (question) => (send({ id: current, ask: question }), readFrame().toString());
let current = "";

inside(\`
  // What a shell of V8 has. No chance, and a clock that moves a microsecond each time that it is read: the same program gives the same result.
  globalThis.log = [];
  const keep = (...words) => void (log.length < 50 && log.push(words.join(" ").slice(0, 500)));
  globalThis.console = { log: keep, warn: keep, error: keep, info: keep, debug: keep, assert() {} };
  globalThis.read = () => { throw new Error("no files"); };
  globalThis.load = globalThis.read;
  const files = { zip: stdlib, wasm };
  globalThis.readbuffer = (name) => files[name.slice(name.lastIndexOf(".") + 1)];
  let micros = 0;
  const now = () => ++micros / 1000;
  globalThis.performance = { now, mark() {}, measure() {} };
  const Plain = Date;
  globalThis.Date = class Date extends Plain {
    constructor(...parts) { super(...(parts.length ? parts : [now()])); }
    static now() { return now(); }
  };
  let state = 1;
  const next = () => (state = (state * 48271) % 2147483647);
  Math.random = () => next() / 2147483647;
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // the one command that it gives a shell: random bytes as base64
  globalThis.os = {
    system(_, [, command]) {
      const count = Number(/head -c([0-9]+)/.exec(command)[1]);
      let letters = "";
      for (let i = 0; i < Math.floor(count / 3) * 4; i++) letters += LETTERS[next() % 64];
      return letters + ["", "AA==", "AAA="][count % 3];
    },
  };
  globalThis.TextEncoder = class {
    encode(text) { return Uint8Array.from(unescape(encodeURIComponent(text.toWellFormed())), (one) => one.charCodeAt(0)); }
    encodeInto(text, target) {
      const bytes = this.encode(text).subarray(0, target.length);
      target.set(bytes);
      return { read: text.length, written: bytes.length };
    }
  };
  globalThis.TextDecoder = class {
    decode(bytes) {
      let text = "";
      for (let i = 0; i < bytes.length; ) {
        const first = bytes[i++];
        const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
        let code = more === 0 ? first : first & (0x3f >> more);
        for (let k = 0; k < more; k++) code = (code << 6) | (bytes[i++] & 0x3f);
        text += String.fromCodePoint(code <= 0x10ffff ? code : 0xfffd);
      }
      return text;
    }
  };
  globalThis.setTimeout = () => 0;
  globalThis.clearTimeout = () => {};
  // without these, waiting for a promise is refused on every version of Node alike
  delete WebAssembly.Suspending;
  delete WebAssembly.promising;
  const limits = { pages: 65536, fileBytes: 128 * 2 ** 20 };
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength / 65536 + pages > limits.pages) throw new RangeError("out of memory");
    return grow.call(this, pages);
  };
\`);
for (const script of scripts) script.runInContext(realm);

const options = "{ indexURL: '/', createPyodideModule, lockFileContents: lock, jsglobals: {}, env: { HOME: '/home', PYTHONHASHSEED: '0' }, " +
  "stdin: () => null, stdout: keep, stderr: keep, " + (mode === "snapshot" ? "_makeSnapshot: true" : "_loadSnapshot: snapshot") + " }";
try {
  realm.python = await inside("loadPyodide(" + options + ")");
} catch (error) {
  send({ failed: String(error) + " " + inside("log.join(' | ')") });
  exit(1);
}
if (mode === "snapshot") {
  const utf8 = binaries.harness.toString();
  realm.source = utf8;
  inside("python.runPython(source);");
  const memory = inside("python.makeMemorySnapshot()");
  writeFrame(Bytes.from(memory.buffer, memory.byteOffset, memory.length));
  exit(0);
}

inside(\`
  for (const name of ["js", "pyodide_js"]) python.unregisterJsModule(name);
  const run = python.globals.get("start")();
  // Files live outside of Python's memory, and have a limit of their own for all that was ever written.
  const { filesystems: { MEMFS }, ErrnoError } = python.FS;
  for (const name of ["expandFileStorage", "resizeFileStorage"]) {
    const plain = MEMFS[name];
    MEMFS[name] = (node, size) => {
      const more = size - (node.contents?.length ?? 0);
      if (more > 0 && (limits.fileBytes -= more) < 0) throw new ErrnoError(51);
      return plain.call(MEMFS, node, size);
    };
  }
  const answerOf = (job) => {
    try {
      const answer = run(job, globalThis.ask);
      return typeof answer === "string" ? answer : null;
    } catch {
      return null;
    }
  };
  // what started it is not there for what it runs
  for (const name of Reflect.ownKeys(globalThis)) {
    if (["wasm", "stdlib", "snapshot", "lock", "read", "load", "readbuffer", "python", "loadPyodide", "WebAssembly", "log"].includes(name)) delete globalThis[name];
  }
\`);
send({ ready: true });

for (;;) {
  const { id, memoryMb, timeoutMs, job } = receive();
  current = id;
  realm.job = job;
  inside("limits.pages = " + Number(memoryMb) * 16);
  let answer = null;
  try {
    // the parent ends this process at its own limit; this one is for where the parent is no more
    answer = inside("answerOf(job)", { timeout: timeoutMs });
  } catch (error) {
    if (error?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") send({ id, late: true });
  }
  send({ id, answer: typeof answer === "string" ? answer : null });
  if (typeof answer !== "string") exit(0); // the interpreter broke
}
`;
