import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL, ANSWER, BOMBS, HARSH, HONEST, MILD, PRINT, READS, SEARCH } from "../../tests/python-escapes.ts";
import { holdSession } from "../../tests/python-session.ts";
import { rewardInput } from "../define.ts";
import { grade, pythonTests } from "../verifiable/python-tests.ts";

const LIMITS = { timeoutMs: 20_000, memoryMb: 256 };
const SECRET = "the host's secret";

let folder: string;
let server: Server;
let connections = 0;
let held: Awaited<ReturnType<typeof holdSession>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-escape-"));
  await writeFile(join(folder, "secret"), SECRET);
  process.env.VLRL_ESCAPE = SECRET;
  server = createServer((socket) => {
    connections++;
    socket.on("error", () => undefined);
    socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${SECRET.length}\r\n\r\n${SECRET}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  held = await holdSession();
}, 180_000);

afterAll(async () => {
  await held.close();
  server.close();
  delete process.env.VLRL_ESCAPE;
  await rm(folder, { recursive: true });
});

test.each(READS)("a program that %s gets nothing", async (_, program) => {
  const { port } = server.address() as AddressInfo;
  const text = program({ path: JSON.stringify(join(folder, "secret")), port });
  const heard = await held.session.run({ kind: "stdin", program: text, stdin: "" }, LIMITS);
  expect(JSON.stringify(heard)).not.toContain("secret");
  expect(connections).toBe(0);
});

test("what they would print is seen where they get it", async () => {
  const program = `print(open("/in").read())`;
  const heard = await held.session.run({ kind: "stdin", program, stdin: SECRET }, LIMITS);
  expect(heard).toEqual({ stdout: `${SECRET}\n` });
});

type Played = { score: number; metrics: { passed: number; timeout: number } };

/** In the session that all share. */
function playHere(program: string, target: object): Promise<Played> {
  return grade(held.session, program, pythonTests.target.parse(target), pythonTests.options!.parse({}) as never);
}

/** The whole reward, with an interpreter of its own. */
async function play(program: string, target: object, options: object = {}): Promise<Played> {
  const parsed = pythonTests.options!.parse({ test_timeout_ms: 10_000, ...options });
  const input = rewardInput({ completion: `\`\`\`python\n${program}\n\`\`\``, target: pythonTests.target.parse(target), options: parsed });
  return (await pythonTests.score(input as never)) as Played;
}

describe("no program passes by", () => {
  test.each(MILD)("%s", async (_, program, target) => {
    expect(await playHere(program, target)).toMatchObject({ score: 0, metrics: { passed: 0 } });
    expect((await playHere(HONEST, target)).score).toBe(1);
  });

  test("looking for a result, where there is one to find", async () => {
    expect((await playHere(SEARCH, { function: "f", tests: [{ args: [ANSWER], returns: ANSWER }] })).score).toBe(1);
  });

  describe.concurrent("in interpreters of their own", { timeout: 180_000 }, () => {
    test.each(HARSH)("%s", async (_, program, target) => {
      expect(await play(program, target)).toMatchObject({ score: 0, metrics: { passed: 0 } });
    });

    test("and one that knows the answer passes", async () => {
      expect((await play(HONEST, ALL)).score).toBe(1);
    });
  });
});

describe.concurrent("bombs", { timeout: 180_000 }, () => {
  let before: number;
  beforeAll(() => {
    before = process.memoryUsage().rss;
  });
  test.each(BOMBS)("a program that %s fails, and harms nobody", async (_, program) => {
    const { score, metrics } = await play(program, PRINT, { test_timeout_ms: 1000 });
    expect({ score, passed: metrics.passed }).toEqual({ score: 0, passed: 0 });
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });
});

test("nothing of a program is left for the next", async () => {
  const first = `import builtins, os, sys, math\nbuiltins.left = math.left = os.environ["LEFT"] = "1"\nopen("/home/left", "w").write("1")\nsys.setrecursionlimit(50)\nprint(${ANSWER})`;
  expect((await play(first, PRINT)).score).toBe(1);
  const second = `import builtins, os, sys, math\nclean = not hasattr(builtins, "left") and not hasattr(math, "left") and "LEFT" not in os.environ\nprint(${ANSWER} if clean and not os.path.exists("/home/left") and sys.getrecursionlimit() > 50 else 0)`;
  expect((await play(second, PRINT)).score).toBe(1);
});

test("nothing was written beside the secret", async () => {
  expect(await readdir(folder)).toEqual(["secret"]);
});
