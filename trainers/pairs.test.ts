import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveEnvironment } from "../environments/index.ts";
import { loadProcessor } from "../models/processor/load.ts";
import type { Processor } from "../models/processor.ts";
import { writeTinyFiles } from "../models/tiny/files.ts";
import { type EncodedAnswer, encodePair } from "./pairs.ts";
import { DpoStage } from "./preference/options.ts";

let folder: string;
let processor: Processor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vlrl-pairs-"));
  await writeTinyFiles(folder);
  processor = await loadProcessor(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const FIELDS = { chosen_field: "chosen", rejected_field: "rejected" };
const encode = (fields: Record<string, unknown>, environment = "chat", maxLength: number | null = null) =>
  encodePair(processor, resolveEnvironment({ name: environment }), FIELDS, { id: "row-1", fields }, maxLength);

/** The text of the tokens that are learned, a bar where some are not. */
function learned({ tokens, mask }: EncodedAnswer): string {
  const pieces = processor.tokenPieces();
  return [...tokens]
    .map((id, t) => (mask[t] === 1 ? pieces[id] : "|"))
    .join("")
    .replace(/\|+/g, "|");
}

test("two texts behind one prompt", async () => {
  const { prompt, chosen, rejected } = await encode({ prompt: "1 + 2", chosen: "3", rejected: "4" });
  expect(processor.decode(prompt.tokens, { keepSpecial: true })).toBe("<|im_start|>User:1 + 2<end_of_utterance>\nAssistant:");
  expect([chosen, rejected].map(learned)).toEqual(["3<end_of_utterance>", "4<end_of_utterance>"]);
});

test("of answers in several turns only what the assistant says is learned", async () => {
  const say = (role: string, content: string) => ({ role, content });
  const chosen = [say("assistant", "look"), say("user", "a 3"), say("assistant", "3")];
  const pair = await encode({ prompt: [say("user", "which?")], chosen, rejected: [say("assistant", "4")] });
  expect(learned(pair.chosen)).toBe("look<end_of_utterance>|3<end_of_utterance>");
  expect(learned(pair.rejected)).toBe("4<end_of_utterance>");
});

test("the prompt may have a picture", async () => {
  const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) };
  const { prompt } = await encode({ image, question: "what?", chosen: "3", rejected: "4" }, "visual_question");
  expect(prompt.pixels!.shape).toEqual([1, 3, 32, 32]);
});

test.each([
  ["row-1: rejected: expected a text that is not empty", { rejected: "" }, null],
  ["row-1: rejected: the row has no such field", { rejected: undefined }, null],
  ["row-1: rejected.0.role: ", { rejected: [{ role: "tool", content: "x" }] }, null],
  ["tokens of prompt (pictures included)", {}, 10],
])("%s", async (message, change, maxLength) => {
  const row = { prompt: "1 + 2", chosen: "3", rejected: "4", ...change };
  await expect(encode(row, "chat", maxLength)).rejects.toThrow(message);
});

test.each([
  ["beta", { losses: [{ name: "sft" }], beta: 1 }],
  ["label_smoothing", { label_smoothing: 0.1 }],
  ["label_smoothing", { losses: [{ name: "exo_pair" }] }],
  ["discopop_tau", { discopop_tau: 1 }],
  ["losses", { losses: [{ name: "sigmoid" }, { name: "sigmoid", weight: 2 }] }],
])("a stage is refused for its %s: %j", (field, options) => {
  const { error } = DpoStage.safeParse({ name: "dpo", kind: "dpo", steps: 1, ...options });
  expect(error!.issues.map(({ path }) => path.join("."))).toEqual([field]);
});
