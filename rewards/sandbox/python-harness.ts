/**
 * What runs a program inside of Python, and is in the snapshot that every interpreter starts from. `run` takes a job as JSON and gives its
 * answer as JSON: `{ "stdout" }`, `{ "value" }` (a result as JSON), `{ "literal" }` (a result as a Python literal) or `{ "failed" }`.
 *
 * No expected result is ever in here while a program runs. A result counts as the plain values that it is made of, each of exactly a built-in
 * type, so nothing that compares itself gets out. Assertions run in an interpreter of their own, whose only way to the program is
 * to send a call and hear its result, as literals.
 */
export const PYTHON_HARNESS = `
import abc, array, ast, bisect, builtins, calendar, cmath, collections, contextlib, copy, csv, dataclasses, datetime, decimal, enum, fractions
import functools, hashlib, heapq, io, itertools, json, math, numbers, operator, os, random, re, statistics, string, struct, sys, textwrap
import time, traceback, types, typing, unicodedata

def _harness():
    import ast, cmath, json, math, os, sys, types
    MAX_TEXT = 1_000_000
    MAX_DEPTH = 100
    loads, dumps, read_literal = json.loads, json.dumps, ast.literal_eval
    dont_inherit = dict(flags=0, dont_inherit=True)

    class NotPlain(Exception):
        pass

    class Refused(BaseException):
        """what our own test does wrong"""

    def plain(value, depth=0):
        kind = type(value)
        if depth > MAX_DEPTH: raise NotPlain("a result that deep")
        if value is None or kind is bool or kind is int or kind is str: return value
        if kind is float:
            if math.isfinite(value): return value
            raise NotPlain("a number that is not finite")
        if kind is list or kind is tuple: return [plain(item, depth + 1) for item in value]
        if kind is dict:
            if all(type(key) is str or type(key) is int for key in value):
                return {str(key): plain(item, depth + 1) for key, item in value.items()}
            raise NotPlain("keys that are no text")
        raise NotPlain("a result of type " + kind.__name__)

    def literal(value, depth=0):
        kind = type(value)
        if depth > MAX_DEPTH: raise NotPlain("a value that deep")
        if value is None or kind in (bool, int, str, bytes): return repr(value)
        if kind is float:
            if value != value: raise NotPlain("nan")
            return repr(value).replace("inf", "1e999")
        if kind is complex and cmath.isfinite(value): return repr(value)
        items = lambda some: "".join(literal(item, depth + 1) + "," for item in some)
        if kind is list: return "[" + items(value) + "]"
        if kind is tuple: return "(" + items(value) + ")"
        if kind is set: return "{" + items(value) + "}" if value else "set()"
        if kind is dict:
            return "{" + "".join(literal(k, depth + 1) + ":" + literal(v, depth + 1) + "," for k, v in value.items()) + "}"
        raise NotPlain("a value of type " + kind.__name__)

    def short(text):
        return text if len(text) <= MAX_TEXT else None

    ours = []

    def flush():
        for stream in (*ours, sys.stdout, sys.stderr):
            try: stream.flush()
            except BaseException: pass

    def open_streams(text):
        flush() # what is left of the run before, and not into this one's
        with open("/in", "wb") as file: file.write(text.encode())
        for path, flags, descriptor in (("/in", os.O_RDONLY, 0), ("/out", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 1), ("/err", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 2)):
            opened = os.open(path, flags)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
        sys.stdin = sys.__stdin__ = open(0, "r", encoding="utf-8", closefd=False)
        sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
        ours[:] = [sys.stdout, sys.stderr]

    def printed():
        flush()
        with open("/out", "rb") as file: content = file.read(MAX_TEXT + 1)
        return None if len(content) > MAX_TEXT else content.decode("utf-8", "replace")

    def module(name, program):
        made = types.ModuleType(name)
        sys.modules[name] = made
        exec(compile(program, "program.py", "exec", **dont_inherit), made.__dict__)
        return made.__dict__

    def run_stdin(job):
        open_streams(job["stdin"])
        try:
            module("__main__", job["program"])
        except SystemExit as end:
            if end.code not in (None, 0): return {"failed": "exit code"}
        text = printed()
        return {"failed": "prints too much"} if text is None else {"stdout": text}

    def run_call(job):
        open_streams("")
        space = module("program", job["program"])
        target = eval(job["name"], space)
        if "literal" in job:
            args, named = read_literal(job["literal"])
            text = short(literal(target(*args, **named)))
            return {"failed": "a result that long"} if text is None else {"literal": text}
        text = short(dumps(plain(target(*job["args"], **job["named"]))))
        return {"failed": "a result that long"} if text is None else {"value": text}

    def run_assert(job, ask):
        def candidate(*args, **named):
            try:
                call = literal((args, named))
            except NotPlain as error:
                raise Refused("a test calls with " + str(error))
            reply = loads(ask(call))
            if "literal" not in reply: raise AssertionError(reply.get("failed"))
            try:
                return read_literal(reply["literal"])
            except BaseException:
                raise AssertionError("unreadable")
        open_streams("")
        space = {"__name__": "test", "candidate": candidate, job["name"]: candidate}
        try:
            code = compile(job["test"], "test.py", "exec", **dont_inherit)
        except SyntaxError as error:
            raise Refused("a test does not parse: " + str(error))
        exec(code, space)
        return {"passed": True}

    def run(text, ask):
        try:
            job = loads(text)
            if job["kind"] == "stdin": answer = run_stdin(job)
            elif job["kind"] == "call": answer = run_call(job)
            else: answer = run_assert(job, ask)
        except Refused as error:
            answer = {"refused": str(error)[:500]}
        except BaseException as error:
            answer = {"failed": type(error).__name__}
        return dumps(answer)

    return run

def start():
    # Modules that lead to JavaScript, to packages and to the machine below. The realm holds nothing of Node's: this only spares a program the detour.
    gone = ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "micropip", "ctypes", "_ctypes", "webbrowser", "subprocess")
    for name in list(sys.modules):
        if name.split(".")[0] in gone: sys.modules[name] = None
    for name in gone: sys.modules[name] = None
    sys.meta_path[:] = [finder for finder in sys.meta_path if isinstance(finder, type)]
    run = _harness()
    space = globals()
    for name in [name for name in space if not name.startswith("__")]: del space[name]
    return run
`;
