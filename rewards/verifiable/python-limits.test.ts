import { afterAll, expect, test } from "vitest";
import { createScorer } from "../compose.ts";
import { RewardSpec } from "../options.ts";
import { closePython } from "../sandbox/python-pool.ts";

afterAll(closePython);

test("a program that hangs is worth 0 at its own limit, however short the part's is: starting Python is not its fault", async () => {
  const spec = RewardSpec.parse({ name: "python_tests", timeout_ms: 50, options: { test_timeout_ms: 3000 } });
  const scorer = await createScorer([spec], { folder: ".", seed: 0 });
  const tests = { function: "f", tests: [{ args: [], returns: 1 }] };
  const score = async (body: string) => {
    const completion = `\`\`\`python\ndef f():\n    ${body}\n\`\`\``;
    const { parts } = await scorer.score({ example: { id: "a", fields: { tests } }, completion, tokens: 1, finish: "stop" });
    return parts[0]!.outcome;
  };
  const [right, hangs] = await Promise.all([score("return 1"), score("while True: pass")]);
  await scorer.close();
  expect(right).toMatchObject({ kind: "score", score: 1 });
  expect(hangs).toMatchObject({ kind: "score", score: 0, metrics: { timeout: 1 } });
});
