/** Programs that try to get out of their sandbox, to pass without an answer, or to do harm. All of them are to get nothing. */

/** Undoes in Python what closes the ways to JavaScript there, so that what is tried meets the walls behind. */
const UNBLOCK = `
import sys, gc
for name in [name for name, module in sys.modules.items() if module is None]: del sys.modules[name]
import _pyodide_core as core
proxy = core.create_proxy({})
def roots():
    yield proxy
    yield core.to_js([1])
    yield core.to_js({"a": 1})
    yield core.to_js(b"x")
    for one in gc.get_objects():
        if type(one).__name__.startswith("JsProxy") or type(one).__module__ == "pyodide.ffi": yield one
def attempt(work):
    try: return work()
    except BaseException as error: return error
`;

/** Each prints what it got hold of. */
export const READS: [string, (place: { path: string; port: number }) => string][] = [
  ["opens a file of the host", ({ path }) => `print(open(${path}).read())`],
  ["lists the host's folders", ({ path }) => `import os\nprint(os.listdir(os.path.dirname(${path})))\nprint(open(${path}).read())`],
  ["reads /proc", () => `import glob\nfor name in glob.glob("/proc/*/environ"): print(open(name).read())`],
  [
    "walks through all there is",
    () =>
      `import os\nfor top, _, files in os.walk("/"):\n    for file in files:\n        if file == "secret": print(open(os.path.join(top, file)).read())`,
  ],
  ["lists the environment", () => `import os\nprint(dict(os.environ), os.getenv("VLRL_ESCAPE"))`],
  [
    "opens a socket",
    ({ port }) => `import socket\ns = socket.create_connection(("127.0.0.1", ${port}), 5)\ns.sendall(b"x")\nprint(s.recv(1000))`,
  ],
  [
    "opens a socket that does not wait",
    ({ port }) =>
      `import socket, select\ns = socket.socket()\ns.setblocking(False)\ntry: s.connect(("127.0.0.1", ${port}))\nexcept BlockingIOError: pass\nprint(select.select([s], [s], [], 1))\nprint(s.recv(1000))`,
  ],
  ["fetches", ({ port }) => `import urllib.request\nprint(urllib.request.urlopen("http://127.0.0.1:${port}", timeout=5).read())`],
  ["fetches by pyodide", ({ port }) => `${UNBLOCK}\nfrom pyodide.http import open_url\nprint(open_url("http://127.0.0.1:${port}").read())`],
  ["imports js", () => `import js\nprint(js.process.env.VLRL_ESCAPE)`],
  [
    "imports js by another way",
    () => `import importlib, sys\nsys.modules.pop("js", None)\nprint(importlib.import_module("js").process.env.VLRL_ESCAPE)`,
  ],
  [
    "asks the finder of js",
    () =>
      `${UNBLOCK}\nfor one in gc.get_objects():\n    if type(one).__name__ == "JsFinder":\n        print(one.__dict__)\n        for name in ("js", "pyodide_js"): print(attempt(lambda: one.jsproxies[name].process.env.VLRL_ESCAPE))`,
  ],
  ["runs JavaScript", () => `${UNBLOCK}\nimport pyodide.code\nprint(pyodide.code.run_js("process.env.VLRL_ESCAPE"))`],
  [
    "makes functions of strings",
    () =>
      `${UNBLOCK}\nfor one in roots():\n    for path in ("constructor.constructor", "constructor"):\n        at = one\n        for key in path.split("."): at = attempt(lambda: getattr(at, key))\n        print(attempt(lambda: at("return process.env.VLRL_ESCAPE")()))`,
  ],
  [
    "makes asynchronous functions of strings",
    () =>
      `${UNBLOCK}\nfor one in roots():\n    for name in ("then", "finally_", "catch"):\n        print(attempt(lambda: getattr(one, name).constructor("return process.env.VLRL_ESCAPE")()))`,
  ],
  [
    "mounts a file system of Node",
    ({ path }) =>
      `${UNBLOCK}\nimport pyodide_js\nFS = pyodide_js._module.FS\nFS.mkdir("/host")\nFS.mount(FS.filesystems.NODEFS, {"root": "/"}, "/host")\nprint(open("/host" + ${path}).read())`,
  ],
  [
    "runs JavaScript by ctypes",
    () =>
      `${UNBLOCK}\nimport ctypes\nrun = ctypes.CDLL(None).emscripten_run_script_string\nrun.restype = ctypes.c_char_p\nprint(run(b"process.env.VLRL_ESCAPE"))`,
  ],
  [
    "reads its memory by ctypes",
    () =>
      `${UNBLOCK}\nimport ctypes\nfor start in range(1024, 20 * 2**20, 2**20): print(b"host" + b"'s secret" in ctypes.string_at(start, 2**20) and "the host's " + "secret")`,
  ],
  ["installs a package", () => `${UNBLOCK}\nimport micropip\nmicropip.install("requests")`],
  ["runs a process", () => `${UNBLOCK}\nimport subprocess\nprint(subprocess.run(["env"], capture_output=True).stdout)`],
  ["runs a shell", () => `import os\nos.system("env > /out")\nprint(os.popen("env").read())`],
  ["forks", () => `import os\nprint(os.fork())`],
  ["spawns", () => `import os\nprint(os.posix_spawn("/usr/bin/env", ["env"], {}))`],
  ["reads every descriptor", () => `import os\nfor i in range(64):\n    try: print(i, os.read(i, 100000))\n    except OSError: pass`],
];

export const ANSWER = 987_654_321;
export const CALL = { function: "f", tests: [{ args: [1], returns: ANSWER }] };
export const ASSERT = { function: "f", tests: [{ assert: `assert f(1) == ${ANSWER}` }] };
export const PRINT = { tests: [{ stdin: "1", stdout: String(ANSWER) }] };
export const ALL = { function: "f", tests: [...CALL.tests, ...ASSERT.tests, ...PRINT.tests] };
export const HONEST = `def f(n): return ${ANSWER}\nprint(${ANSWER})`;

/** Looks through frames and the heap for a number of nine digits that fall, as those of the answer do. */
export const SEARCH = `
import gc, sys
def f(n):
    found, frame = [], sys._getframe()
    while frame:
        found += [*frame.f_code.co_consts, *frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    for one in gc.get_objects():
        if isinstance(one, dict): found += list(one.values())
        elif isinstance(one, (list, tuple)): found += list(one)
    numbers = [one for one in found if type(one) is int and 10**8 < one < 10**9]
    falling = [one for one in numbers if list(str(one)) == sorted(str(one), reverse=True)]
    return falling[0] if falling else 0
`;

/** Leave their interpreter as it is: the honest program behind each still passes. */
export const MILD: [string, string, object][] = [
  [
    "equal to everything, returned",
    "class A(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef f(n): return A(0)",
    CALL,
  ],
  [
    "equal to everything, asserted",
    "class A:\n    def __eq__(self, other): return True\n    __req__ = __eq__\ndef f(n): return A()",
    ASSERT,
  ],
  ["a text that lies", "class S(str):\n    def __repr__(self): return '987654321'\ndef f(n): return S()", ASSERT],
  ["a number that lies", "class N(int):\n    def __repr__(self): return '987654321'\nN.__str__ = N.__repr__\ndef f(n): return N(1)", CALL],
  ["ends while it is tested", "def f(n): raise SystemExit(0)", ASSERT],
  ["ends as it starts", "import sys\nsys.exit(0)", PRINT],
  [
    "an answer of the protocol on stdout",
    `import json\nprint(json.dumps({"passed": True}))\nprint(json.dumps({"value": "${ANSWER}"}))`,
    PRINT,
  ],
  [
    "no thread, however many",
    "import threading\nfor i in range(10000):\n    try: threading.Thread(target=lambda: None).start()\n    except RuntimeError: pass",
    PRINT,
  ],
  [
    "signals to everybody",
    "import os, signal\nfor pid in (os.getppid(), os.getpid(), 1, -1, 0):\n    try: os.kill(pid, 9)\n    except OSError: pass",
    PRINT,
  ],
  [
    "alarms and traces",
    "import signal, sys\nsys.settrace(lambda *a: None)\nsignal.setitimer(signal.ITIMER_REAL, 0.001)\nfor i in range(10**5): pass",
    PRINT,
  ],
];

/** Break or change the interpreter, or look for what the honest program left in it, so each has its own. */
export const HARSH: [string, string, object][] = [
  ["the expected result looked for, called", SEARCH, CALL],
  ["the expected result looked for, asserted", SEARCH, ASSERT],
  [
    "equality patched in the types",
    "import builtins\nbuiltins.int = type('int', (), {'__eq__': lambda *a: True})\ndef f(n): return 1",
    ASSERT,
  ],
  ["no assertion fails", "import builtins\nbuiltins.AssertionError = None\nbuiltins.Exception = BaseException\ndef f(n): return 0", ASSERT],
  ["ends without clean-up", "import os\nos._exit(0)", PRINT],
  ["ends without clean-up while it is tested", "import os\ndef f(n): os._exit(0)", ASSERT],
  [
    "frames of the protocol on every descriptor",
    `import os, struct, json\nfor i in range(64):\n    for body in ({"id": "", "answer": json.dumps({"passed": True})}, {"ready": True}, {"id": "", "ask": ""}):\n        text = json.dumps(body).encode()\n        try: os.write(i, struct.pack("<I", len(text)) + text)\n        except OSError: pass\ndef f(n): return 0`,
    ASSERT,
  ],
  [
    "answers patched into json",
    `import json, json.encoder\nfor name in ("encode", "iterencode"): setattr(json.encoder.JSONEncoder, name, lambda *a, **k: '{"passed": true}')\njson.dumps = lambda *a, **k: '{"passed": true}'\ndef f(n): return 0`,
    ASSERT,
  ],
  [
    "a refusal, as if the test were wrong",
    `import json.encoder\njson.encoder.JSONEncoder.encode = lambda *a, **k: '{"refused": "no"}'\ndef f(n): return 0`,
    CALL,
  ],
  [
    "the harness's own functions patched",
    `import gc, types\ndef f(n):\n    for one in gc.get_objects():\n        if isinstance(one, types.FunctionType) and one.__name__ in ("run_call", "run_stdin", "run_assert", "plain", "literal"):\n            one.__code__ = (lambda *a: {"passed": True}).__code__ if not one.__closure__ else one.__code__\n            one.__defaults__ = (0,)\n    return 0`,
    ASSERT,
  ],
  [
    "builtins deleted",
    "import builtins\nfor name in list(vars(builtins)):\n    if name not in ('list', 'vars'): delattr(builtins, name)",
    PRINT,
  ],
  [
    "everything cleared",
    "import sys, gc\nfor one in gc.get_objects():\n    if type(one) is dict and one is not globals(): one.clear()",
    PRINT,
  ],
  [
    "its interpreter broken",
    "import sys\ndel sys.modules['_pyodide_core']\nimport _pyodide_core\n_pyodide_core.trigger_fatal_error()",
    PRINT,
  ],
  ["endless recursion in C", "a = []\nfor i in range(10**6): a = [a]\nprint(repr(a), a == a)", PRINT],
  ["endless recursion", "import sys\nsys.setrecursionlimit(2**31 - 1)\ndef f(n): return f(n) + 1", CALL],
  ["a literal too deep to read", "def f(n): return 0\nimport builtins\nbuiltins.repr = lambda x: '(' * 100000", ASSERT],
];

export const BOMBS: [string, string][] = [
  ["loops and lets nothing through", "while True:\n    try:\n        while True: pass\n    except BaseException: pass"],
  ["sleeps", "import time\ntime.sleep(10**9)"],
  ["raises to a power", "9 ** 9 ** 9"],
  ["fills its memory", "a = [0]\nwhile True: a += a"],
  ["fills its memory at once", "bytearray(2**31)"],
  ["fills its disk", "i = 0\nwhile True:\n    open(f'/tmp/{i}', 'wb').write(b'x' * 10**7)\n    i += 1"],
  ["makes a large file", "import os\nos.truncate(os.open('/tmp/x', os.O_CREAT | os.O_RDWR), 2**31 - 1)"],
  ["fills JavaScript's memory", `${UNBLOCK}\na = []\nwhile True: a.append(core.to_js(list(range(10**5))))`],
  ["prints without end", "while True: print('x' * 10000)"],
];
