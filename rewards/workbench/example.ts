import type { Outcome, TurnSpan } from "../../core/types.ts";
import { askAll, type Finished } from "../ask.ts";
import type { AnyReward, RewardExample } from "../define.ts";
import type { Judges } from "../judges/define.ts";

/** The completion of an example as one text. */
export function completionOf({ completion }: RewardExample): string {
  return typeof completion === "string" ? completion : completion.map(([, text]) => text).join("");
}

/** The row of an example. */
export function fieldsOf({ field }: Pick<AnyReward, "field">, { target, fields }: RewardExample): Record<string, unknown> {
  return { ...fields, ...(target === undefined ? {} : { [field]: target }) };
}

/** What a reward says of one of its examples, as it does in a run. Throws for options that the reward refuses. */
export async function scoreExample(definition: AnyReward, example: RewardExample): Promise<Outcome> {
  const options = definition.options?.parse(example.options ?? {}) ?? {};
  const fields = fieldsOf(definition, example);
  const finished = (completion: string, tokens = completion.length): Finished => ({
    completion,
    exampleId: "example",
    fields,
    seed: 0,
    tokens,
    finish: "stop",
    tokenIds: new Int32Array(tokens),
    logprobs: new Float32Array(tokens),
  });
  const own = { ...finished(completionOf(example), example.tokens), turns: spansOf(example) };
  const members = [own, ...(example.siblings ?? []).map((one) => finished(one))];
  const [outcome] = await askAll({ definition, field: definition.field, options, judges: judgesOf(example) }, members);
  return outcome!;
}

/** One token a character. Undefined where the policy wrote all of it. */
function spansOf({ completion }: RewardExample): TurnSpan[] | undefined {
  if (typeof completion === "string") return undefined;
  let start = 0;
  return completion.map(([role, text, log]) => {
    const span = { role, start, end: start + text.length, firstToken: start, endToken: start + text.length, ...(log && { log }) };
    start = span.end;
    return span;
  });
}

function judgesOf({ judge }: RewardExample): Judges {
  const answer =
    judge === undefined ? { kind: "error" as const, message: "the example has no judge" } : { kind: "answer" as const, text: judge };
  return { get: () => ({ identity: { answer }, ask: async () => answer }) };
}

/** An example as lines, a label before each value; further lines of a text stand under the first. */
export function exampleLines(example: RewardExample): string[] {
  const { target, options, fields, tokens, siblings, judge, score } = example;
  const values: [string, string | undefined][] = [
    ["completion", turnsText(example)],
    ["siblings", siblings?.join("\n")],
    ["target", json(target)],
    ["fields", json(fields)],
    ["options", json(options)],
    ["tokens", json(tokens)],
    ["judge", judge],
    ["score", score === null ? "does not apply" : String(Number(score.toPrecision(6)))],
  ];
  return values.flatMap(([label, value]) => (value === undefined ? [] : labelled(label, value)));
}

function turnsText({ completion }: RewardExample): string {
  if (typeof completion === "string") return completion;
  return completion.map(([role, text, log]) => `${role}: ${text}${log ? `  log: ${json(log)}` : ""}`).join("\n");
}

function labelled(label: string, value: string): string[] {
  return value.split("\n").map((line, i) => `${(i === 0 ? label : "").padEnd(12)}${line}`.trimEnd());
}

function json(value: unknown): string | undefined {
  return JSON.stringify(value, withoutPixels);
}

/** For JSON.stringify: pixels are counted, not listed. */
export function withoutPixels(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
}
