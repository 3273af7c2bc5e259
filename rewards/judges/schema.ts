import { z } from "zod";

const common = {
  cache: z
    .string()
    .min(1)
    .optional()
    .describe("a JSONL file that answers are added to, and taken from when the same is asked again; relative to the recipe"),
  budget: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("the most questions that are asked in a run, those answered from the cache not counted"),
};

const Served = z.strictObject({
  kind: z.literal("openai").describe("any server with OpenAI's chat completions"),
  url: z.url().describe("up to and with /v1"),
  model: z.string().min(1),
  api_key_env: z.string().min(1).optional().describe("the environment variable that holds the key; keys do not stand in recipes"),
  temperature: z.number().min(0).default(0),
  max_tokens: z.int().min(1).default(256),
  timeout_ms: z.int().min(1).default(60_000).describe("for one try"),
  retries: z
    .int()
    .min(0)
    .default(4)
    .describe("after a lost connection, status 429 or 5xx; waits grow from half a second, or as the server asks"),
  concurrency: z.int().min(1).default(16).describe("questions asked at once"),
  ...common,
});

const Local = z.strictObject({
  kind: z.literal("local").describe("a text model in ONNX files, run here by transformers.js"),
  path: z.string().min(1).describe("the folder, for example of vlrl export --format onnx; relative to the recipe"),
  max_tokens: z.int().min(1).default(64),
  ...common,
});

const Rule = z.strictObject({
  kind: z.literal("rule").describe("answers by regular expressions: the first that is found in the question"),
  rules: z.array(z.strictObject({ pattern: z.string().min(1), answer: z.string() })).min(1),
  otherwise: z.string().nullable().default(null).describe("the answer where none is found; null is a failure"),
});

const Recorded = z.strictObject({
  kind: z.literal("recorded").describe("answers that were kept: the cache of another judge; what is not in it is a failure"),
  file: z.string().min(1).describe("JSONL of { question, sample, answer }; relative to the recipe"),
});

/** One of a recipe's `judges`. */
export const JudgeSpec = z.discriminatedUnion("kind", [Served, Local, Rule, Recorded]);
export type JudgeSpec = z.infer<typeof JudgeSpec>;
export type ServedSpec = z.infer<typeof Served>;
export type LocalSpec = z.infer<typeof Local>;
export type RuleSpec = z.infer<typeof Rule>;

export const JudgeSpecs = z.record(z.string().regex(/^[a-z0-9_-]+$/, "lower case letters, digits, - and _"), JudgeSpec);
export type JudgeSpecs = z.infer<typeof JudgeSpecs>;
