import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Judge } from "./define.ts";
import { openJudges } from "./index.ts";
import { JudgeSpecs } from "./schema.ts";

type Answer = { status?: number; body?: string; headers?: Record<string, string>; afterMs?: number };

/** A server that answers in turn what it is told, and keeps what it was asked. */
class FakeServer {
  readonly asked: { headers: Record<string, unknown>; body: { messages: { content: unknown }[]; seed: number } }[] = [];
  answers: Answer[] = [];
  atOnce = 0;
  most = 0;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeServer> {
    const server = createServer();
    const fake = new FakeServer(server);
    server.on("request", async (request, response) => {
      fake.most = Math.max(fake.most, ++fake.atOnce);
      let text = "";
      for await (const chunk of request) text += chunk;
      fake.asked.push({ headers: request.headers, body: JSON.parse(text) });
      const { status = 200, body = said("VERDICT: yes"), headers = {}, afterMs = 0 } = fake.answers.shift() ?? {};
      await new Promise((done) => setTimeout(done, afterMs));
      fake.atOnce--;
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }
  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const said = (content: string) => JSON.stringify({ choices: [{ message: { content } }] });

let folder: string;
let server: FakeServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-judges-"));
  server = await FakeServer.start();
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function judge(spec: object): Promise<Judge> {
  return (await openJudges(JudgeSpecs.parse({ j: spec }), folder)).get("j");
}
const served = (more: object = {}) => judge({ kind: "openai", url: server.url, model: "m", ...more });

describe("a served judge", () => {
  test("is asked in OpenAI's form; the same question once, another sample again", async () => {
    const one = await served();
    const answers = await Promise.all([one.ask({ prompt: "a" }), one.ask({ prompt: "a" }), one.ask({ prompt: "a", sample: 1 })]);
    expect(answers).toEqual(Array(3).fill({ kind: "answer", text: "VERDICT: yes" }));
    expect(server.asked.map(({ body }) => body)).toEqual(
      [0, 1].map((seed) => ({ model: "m", temperature: 0, max_tokens: 256, seed, messages: [{ role: "user", content: "a" }] })),
    );
  });

  test("sees pictures, and gets the key from the environment", async () => {
    process.env.VLRL_TEST_KEY = "secret";
    const one = await served({ api_key_env: "VLRL_TEST_KEY" });
    await one.ask({ prompt: "a", pictures: [{ width: 1, height: 1, data: Uint8Array.of(255, 0, 0) }] });
    delete process.env.VLRL_TEST_KEY;
    expect(server.asked[0]!.headers.authorization).toBe("Bearer secret");
    const [image, text] = server.asked[0]!.body.messages[0]!.content as [{ image_url: { url: string } }, object];
    expect(image.image_url.url).toMatch(/^data:image\/png;base64,iVBOR/);
    expect(text).toEqual({ type: "text", text: "a" });
    expect(await one.ask({ prompt: "b" })).toEqual({ kind: "error", message: "the environment has no VLRL_TEST_KEY" });
  });

  test("is tried again where that may help, as soon as the server says", async () => {
    server.answers = [
      { status: 429, headers: { "retry-after": "0" } },
      { status: 503, headers: { "retry-after": "0" } },
    ];
    expect(await (await served()).ask({ prompt: "a" })).toEqual({ kind: "answer", text: "VERDICT: yes" });
    expect(server.asked.length).toBe(3);
  });

  test.each([
    [{ status: 400, body: "no such model" }, "answered 400: no such model", 1],
    [{ status: 500, body: "down", headers: { "retry-after": "0" } }, "answered 500: down", 2],
    [{ body: "{}" }, "answered what is no chat completion: {}", 1],
  ])("%j is a failure, not a number", async (answer, message, tries) => {
    server.answers = [answer, answer];
    const got = await (await served({ retries: 1 })).ask({ prompt: "a" });
    expect(got.kind).toBe("error");
    expect((got as { message: string }).message).toContain(message);
    expect(server.asked.length).toBe(tries);
  });

  test("that takes too long is a timeout; one that is not there an error", async () => {
    server.answers = [{ afterMs: 300 }];
    expect(await (await served({ timeout_ms: 50, retries: 0 })).ask({ prompt: "a" })).toMatchObject({ kind: "timeout" });
    const nobody = await served({ url: "http://127.0.0.1:9/v1", retries: 0 });
    expect((await nobody.ask({ prompt: "a" })) as object).toMatchObject({
      kind: "error",
      message: expect.stringContaining("can't be reached"),
    });
  });

  test("has a bound on questions at once, and on questions at all", async () => {
    server.answers = Array.from({ length: 12 }, () => ({ afterMs: 20 }));
    const one = await served({ concurrency: 3, budget: 10 });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => one.ask({ prompt: String(i) })));
    expect(server.most).toBe(3);
    expect(server.asked.length).toBe(10);
    expect(answers.slice(10)).toEqual(Array(2).fill({ kind: "error", message: "the judge's budget of 10 questions is spent" }));
    expect(await one.ask({ prompt: "3" })).toMatchObject({ kind: "answer" }); // known
  });
});

describe("a cache", () => {
  test("outlives the run, is the record of a judge without a server, and belongs to the judge that filled it", async () => {
    await (await served({ cache: "kept/judge.jsonl" })).ask({ prompt: "a" });
    expect(await (await served({ cache: "kept/judge.jsonl", budget: 1 })).ask({ prompt: "a" })).toEqual({
      kind: "answer",
      text: "VERDICT: yes",
    });
    expect(server.asked.length).toBe(1);
    server.answers = [{ body: said("VERDICT: no") }];
    expect(await (await served({ cache: "kept/judge.jsonl", model: "other" })).ask({ prompt: "a" })).toEqual({
      kind: "answer",
      text: "VERDICT: no",
    });
    const recorded = await judge({ kind: "recorded", file: "kept/judge.jsonl" });
    expect(await recorded.ask({ prompt: "a" })).toEqual({ kind: "answer", text: "VERDICT: no" });
    expect(await recorded.ask({ prompt: "b" })).toEqual({ kind: "error", message: "the record has no answer to this question" });
  });

  test("whose last line was cut off by a kill loses that line alone", async () => {
    const file = join(folder, "j.jsonl");
    await (await served({ cache: file })).ask({ prompt: "a" });
    const whole = await readFile(file, "utf8");
    await appendFile(file, '{"question":"ab');
    const one = await served({ cache: file });
    await one.ask({ prompt: "a" });
    await one.ask({ prompt: "b" });
    expect(server.asked.length).toBe(2);
    const lines = (await readFile(file, "utf8")).split("\n");
    expect(`${lines[0]}\n`).toBe(whole);
    await expect(served({ cache: file })).rejects.toThrow("j.jsonl:2: expected { question, sample, answer }");
  });
});

test("a rule answers by what is found, or fails", async () => {
  const one = await judge({ kind: "rule", rules: [{ pattern: "\\b7\\b", answer: "VERDICT: yes" }] });
  expect(await one.ask({ prompt: "it is 7" })).toEqual({ kind: "answer", text: "VERDICT: yes" });
  expect(await one.ask({ prompt: "it is 17" })).toEqual({ kind: "error", message: "no rule fits the question" });
});

test("a name that the recipe does not have", async () => {
  const judges = await openJudges(JudgeSpecs.parse({ grader: { kind: "rule", rules: [{ pattern: "a", answer: "b" }] } }), folder);
  expect(() => judges.get("grder")).toThrow('no judge is called "grder"');
});
