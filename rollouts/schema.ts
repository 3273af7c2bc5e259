/**
 * Rollouts as Arrow columns: one row a rollout, in a schema that any Arrow library reads. Arrays go in and come out bit for bit.
 *
 * `roles` and `finish` are dictionaries with fixed entries, so that all batches of a file share them. Units as in `Rollout`: logprobs in
 * nats, times in milliseconds.
 */
import type * as Arrow from "apache-arrow";
import type { FinishReason, Outcome, RewardPart, Role, Rollout, StepScore } from "../core/types.ts";

const ROLES: readonly Role[] = ["policy", "observation", "context", "negative", "corrected"];
const FINISHES: readonly FinishReason[] = ["stop", "length", "environment"];
const OUTCOMES: readonly Outcome["kind"][] = ["score", "not_applicable", "timeout", "error"];

/** Which step of which stage sampled a rollout. */
export interface Origin {
  stage: string;
  step: number;
}

/** A rollout as a file holds it. */
export type StoredRollout = Rollout & Origin;

type Columns = typeof import("apache-arrow");
type Encoder = { columns: Columns; schema: Arrow.Schema; dictionaries: Dictionaries };
type Dictionaries = Record<"roles" | "finish" | "outcome", { type: Arrow.Dictionary; values: Arrow.Vector; entries: readonly string[] }>;

let encoder: Promise<Encoder> | null = null;

/** The library is loaded once, when first needed. The dictionaries must be the same objects in every batch of a file. */
function loadEncoder(): Promise<Encoder> {
  encoder ??= import("apache-arrow").then((columns) => {
    const dictionary = (id: number, entries: readonly string[]) => {
      const { data, valueOffsets } = utf8Buffers(entries);
      const type = new columns.Dictionary(new columns.Utf8(), new columns.Int8(), id);
      const values = columns.makeVector(columns.makeData({ type: new columns.Utf8(), length: entries.length, valueOffsets, data }));
      return { type, values, entries };
    };
    const dictionaries = { roles: dictionary(1, ROLES), finish: dictionary(2, FINISHES), outcome: dictionary(3, OUTCOMES) };
    return { columns, dictionaries, schema: makeSchema(columns, dictionaries) };
  });
  return encoder;
}

function makeSchema(a: Columns, dictionaries: Dictionaries): Arrow.Schema {
  const field = <T extends Arrow.DataType>(name: string, type: T, nullable = false) => new a.Field(name, type, nullable);
  const list = (type: Arrow.DataType) => new a.List(field("item", type));
  const entry = new a.Struct<{ key: Arrow.Utf8; value: Arrow.Float64 }>([field("key", new a.Utf8()), field("value", new a.Float64())]);
  const stepScore = new a.Struct([
    field("name", new a.Utf8()),
    field("start", new a.Int32()),
    field("end", new a.Int32()),
    field("score", new a.Float64()),
  ]);
  const part = new a.Struct([
    field("name", new a.Utf8()),
    field("outcome", dictionaries.outcome.type),
    field("score", new a.Float64(), true),
    field("message", new a.Utf8(), true),
    field("latency_ms", new a.Float64()),
    field("metrics", new a.Map_(field("entries", entry)), true),
    field("steps", list(stepScore), true),
  ]);
  return new a.Schema([
    field("stage", new a.Utf8()),
    field("step", new a.Int32()),
    field("example_id", new a.Utf8()),
    field("group", new a.Int32()),
    field("member", new a.Int32()),
    field("seed", new a.Uint32()),
    field("policy_version", new a.Int32()),
    field("prompt_tokens", list(new a.Int32())),
    field("tokens", list(new a.Int32())),
    field("logprobs", list(new a.Float32())),
    field("roles", list(dictionaries.roles.type)),
    field("prompt_text", new a.Utf8()),
    field("text", new a.Utf8()),
    field("finish", dictionaries.finish.type),
    field("picture_ref", new a.Utf8(), true),
    field("started_ms", new a.Float64()),
    field("finished_ms", new a.Float64()),
    field("parts", list(part)),
    field("reward", new a.Float64(), true),
    field("outcome", new a.Float64(), true),
    field("advantage", new a.Float64(), true),
  ]);
}

function utf8Buffers(values: readonly string[]): { data: Uint8Array; valueOffsets: Int32Array } {
  const pieces = values.map((value) => Buffer.from(value, "utf8"));
  return { data: Buffer.concat(pieces), valueOffsets: offsetsOf(pieces.map((piece) => piece.byteLength)) };
}

/** [0, l0, l0 + l1, …] */
function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
  return offsets;
}

/** One bit a value, 1 where there is one, least significant first; and how many there are not. */
function validity(values: readonly unknown[]): { nullBitmap: Uint8Array | null; nullCount: number } {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (const [i, value] of values.entries()) {
    if (value === null) nullCount++;
    else nullBitmap[i >> 3]! |= 1 << (i & 7);
  }
  return nullCount === 0 ? { nullBitmap: null, nullCount } : { nullBitmap, nullCount };
}

/** Makes the columns of one batch. Every method takes one value a row. */
function columnMaker({ columns: a, dictionaries }: Encoder) {
  const number = (type: Arrow.Int32 | Arrow.Uint32 | Arrow.Float64, values: readonly (number | null)[]): Arrow.Data =>
    a.makeData({
      type,
      length: values.length,
      data: type.ArrayType.from(values.map((value) => value ?? 0)),
      ...validity(values),
    } as never);
  const text = (values: readonly (string | null)[]): Arrow.Data =>
    a.makeData({ type: new a.Utf8(), length: values.length, ...utf8Buffers(values.map((value) => value ?? "")), ...validity(values) });
  const dictionary = (name: keyof Dictionaries, values: readonly string[]): Arrow.Data => {
    const { type, values: entries, entries: names } = dictionaries[name];
    const indices = Int8Array.from(values, (value) => {
      const index = names.indexOf(value);
      if (index === -1) throw new Error(`"${value}" is none of ${name}: ${names.join(", ")}`);
      return index;
    });
    return a.makeData({ type, length: values.length, data: indices, dictionary: entries });
  };
  const list = (
    type: Arrow.DataType,
    lengths: readonly number[],
    child: Arrow.Data,
    nulls: ReturnType<typeof validity> | object = {},
  ): Arrow.Data => a.makeData({ type: type as Arrow.List, length: lengths.length, valueOffsets: offsetsOf(lengths), child, ...nulls });
  const arrays = (type: Arrow.DataType, rows: readonly (Int32Array | Float32Array)[]): Arrow.Data => {
    const lengths = rows.map((row) => row.length);
    const [item] = type.children;
    const flat = item!.type.ArrayType as typeof Int32Array | typeof Float32Array;
    const data = new flat(lengths.reduce((sum, length) => sum + length, 0));
    const offsets = offsetsOf(lengths);
    for (const [i, row] of rows.entries()) data.set(row, offsets[i]!);
    return list(type, lengths, a.makeData({ type: item!.type, length: data.length, data } as never));
  };
  const struct = (type: Arrow.DataType, length: number, children: Arrow.Data[]): Arrow.Data =>
    a.makeData({ type: type as Arrow.Struct, length, children });
  const map = (type: Arrow.DataType, rows: readonly (Record<string, number> | null)[]): Arrow.Data => {
    const entries = rows.map((row) => Object.entries(row ?? {}));
    const flat = entries.flat();
    const child = struct(type.children[0]!.type, flat.length, [
      text(flat.map(([key]) => key)),
      number(
        new a.Float64(),
        flat.map(([, value]) => value),
      ),
    ]);
    const valueOffsets = offsetsOf(entries.map((row) => row.length));
    return a.makeData({ type: type as Arrow.Map_, length: rows.length, valueOffsets, child, ...validity(rows) });
  };
  return { number, text, dictionary, list, arrays, struct, map };
}

/**
 * One batch of rollouts, in the order given.
 * Throws where a rollout's arrays differ in length or hold a role or finish reason that the schema does not know: a bug of the sampler.
 */
export async function toBatch(rollouts: readonly Rollout[], { stage, step }: Origin): Promise<Arrow.RecordBatch> {
  const loaded = await loadEncoder();
  const { columns: a, schema } = loaded;
  const make = columnMaker(loaded);
  const type = (name: string): Arrow.DataType => schema.fields.find((field) => field.name === name)!.type;
  for (const { exampleId, member, tokens, logprobs, roles } of rollouts) {
    if (tokens.length !== logprobs.length || tokens.length !== roles.length) {
      throw new Error(`${exampleId}, member ${member}: ${tokens.length} tokens, ${logprobs.length} logprobs, ${roles.length} roles`);
    }
  }

  const int = (pick: (rollout: Rollout) => number) => make.number(new a.Int32(), rollouts.map(pick));
  const float = (pick: (rollout: Rollout) => number | null) => make.number(new a.Float64(), rollouts.map(pick));
  const text = (pick: (rollout: Rollout) => string | null) => make.text(rollouts.map(pick));
  const arrays = (name: string, pick: (rollout: Rollout) => Int32Array | Float32Array) => make.arrays(type(name), rollouts.map(pick));
  const roles = make.dictionary(
    "roles",
    rollouts.flatMap((rollout) => rollout.roles),
  );
  const children: Record<string, Arrow.Data> = {
    stage: text(() => stage),
    step: int(() => step),
    example_id: text((rollout) => rollout.exampleId),
    group: int((rollout) => rollout.group),
    member: int((rollout) => rollout.member),
    seed: make.number(
      new a.Uint32(),
      rollouts.map((rollout) => rollout.seed),
    ),
    policy_version: int((rollout) => rollout.policyVersion),
    prompt_tokens: arrays("prompt_tokens", (rollout) => rollout.promptTokens),
    tokens: arrays("tokens", (rollout) => rollout.tokens),
    logprobs: arrays("logprobs", (rollout) => rollout.logprobs),
    roles: make.list(
      type("roles"),
      rollouts.map((rollout) => rollout.roles.length),
      roles,
    ),
    prompt_text: text((rollout) => rollout.promptText),
    text: text((rollout) => rollout.text),
    finish: make.dictionary(
      "finish",
      rollouts.map((rollout) => rollout.finish),
    ),
    picture_ref: text((rollout) => rollout.pictureRef),
    started_ms: float((rollout) => rollout.startedMs),
    finished_ms: float((rollout) => rollout.finishedMs),
    parts: make.list(
      type("parts"),
      rollouts.map((rollout) => rollout.parts.length),
      partColumns(
        loaded,
        type("parts").children[0]!.type,
        rollouts.flatMap((rollout) => rollout.parts),
      ),
    ),
    reward: float((rollout) => rollout.reward),
    outcome: float((rollout) => rollout.outcome),
    advantage: float((rollout) => rollout.advantage),
  };
  const data = schema.fields.map((field) => children[field.name]!);
  return new a.RecordBatch(schema, make.struct(new a.Struct(schema.fields), rollouts.length, data) as Arrow.Data<Arrow.Struct>);
}

function partColumns(loaded: Encoder, type: Arrow.DataType, parts: readonly RewardPart[]): Arrow.Data {
  const make = columnMaker(loaded);
  const { Float64 } = loaded.columns;
  const outcomes = parts.map((part) => part.outcome);
  return make.struct(type, parts.length, [
    make.text(parts.map((part) => part.name)),
    make.dictionary(
      "outcome",
      outcomes.map((outcome) => outcome.kind),
    ),
    make.number(
      new Float64(),
      outcomes.map((outcome) => (outcome.kind === "score" ? outcome.score : null)),
    ),
    make.text(outcomes.map((outcome) => ("message" in outcome ? outcome.message : null))),
    make.number(
      new Float64(),
      parts.map((part) => part.latencyMs),
    ),
    make.map(
      type.children[5]!.type,
      outcomes.map((outcome) => (outcome.kind === "score" ? (outcome.metrics ?? null) : null)),
    ),
    stepColumns(
      loaded,
      type.children[6]!.type,
      outcomes.map((outcome) => (outcome.kind === "score" ? (outcome.steps ?? null) : null)),
    ),
  ]);
}

function stepColumns(loaded: Encoder, type: Arrow.DataType, rows: readonly (readonly StepScore[] | null)[]): Arrow.Data {
  const make = columnMaker(loaded);
  const { Int32, Float64 } = loaded.columns;
  const flat = rows.flatMap((row) => row ?? []);
  const child = make.struct(type.children[0]!.type, flat.length, [
    make.text(flat.map(({ name }) => name)),
    make.number(
      new Int32(),
      flat.map(({ start }) => start),
    ),
    make.number(
      new Int32(),
      flat.map(({ end }) => end),
    ),
    make.number(
      new Float64(),
      flat.map(({ score }) => score),
    ),
  ]);
  return make.list(
    type,
    rows.map((row) => row?.length ?? 0),
    child,
    validity(rows),
  );
}

/** The same batch with its advantages filled in, one a row; the other columns are shared, not copied. */
export async function withAdvantages(batch: Arrow.RecordBatch, advantages: ArrayLike<number>): Promise<Arrow.RecordBatch> {
  if (advantages.length !== batch.numRows) throw new Error(`expected ${batch.numRows} advantages, got ${advantages.length}`);
  const loaded = await loadEncoder();
  const { columns: a } = loaded;
  const make = columnMaker(loaded);
  const children = batch.schema.fields.map((field, i) =>
    field.name === "advantage" ? make.number(new a.Float64(), Array.from(advantages)) : batch.data.children[i]!,
  );
  const data = make.struct(new a.Struct(batch.schema.fields), batch.numRows, children);
  return new a.RecordBatch(batch.schema, data as Arrow.Data<Arrow.Struct>);
}

/** The rollouts of a batch, equal in every bit to what went in. Throws where a column of the schema is missing. */
export function fromBatch(batch: Arrow.RecordBatch): StoredRollout[] {
  const column = (name: string): Arrow.Vector => {
    const vector = batch.getChild(name);
    if (vector === null) throw new Error(`there is no column "${name}"`);
    return vector;
  };
  const [stage, step, exampleId, group, member, seed] = ["stage", "step", "example_id", "group", "member", "seed"].map(column);
  const [policyVersion, promptTokens, tokens, logprobs] = ["policy_version", "prompt_tokens", "tokens", "logprobs"].map(column);
  const [roles, promptText, text, finish, pictureRef] = ["roles", "prompt_text", "text", "finish", "picture_ref"].map(column);
  const [startedMs, finishedMs, parts, reward, advantage] = ["started_ms", "finished_ms", "parts", "reward", "advantage"].map(column);
  // files from before there was an outcome have no such column
  const outcome = batch.getChild("outcome");
  return Array.from({ length: batch.numRows }, (_, i) => ({
    stage: stage!.get(i),
    step: step!.get(i),
    exampleId: exampleId!.get(i),
    group: group!.get(i),
    member: member!.get(i),
    seed: seed!.get(i),
    policyVersion: policyVersion!.get(i),
    // Copies: a view would keep the whole file in memory.
    promptTokens: promptTokens!.get(i).toArray().slice(),
    tokens: tokens!.get(i).toArray().slice(),
    logprobs: logprobs!.get(i).toArray().slice(),
    roles: [...roles!.get(i)],
    promptText: promptText!.get(i),
    text: text!.get(i),
    finish: finish!.get(i),
    pictureRef: pictureRef!.get(i),
    startedMs: startedMs!.get(i),
    finishedMs: finishedMs!.get(i),
    parts: Array.from<PartRow, RewardPart>(parts!.get(i), partOf),
    reward: reward!.get(i),
    outcome: outcome?.get(i) ?? null,
    advantage: advantage!.get(i),
  }));
}

interface PartRow {
  name: string;
  outcome: Outcome["kind"];
  score: number | null;
  message: string | null;
  latency_ms: number;
  metrics: Iterable<[string, number]> | null;
  steps: Iterable<StepScore> | null;
}

function partOf(row: PartRow): RewardPart {
  return { name: row.name, outcome: outcomeOf(row), latencyMs: row.latency_ms };
}

function outcomeOf({ outcome: kind, score, message, metrics, steps }: PartRow): Outcome {
  if (kind === "score") {
    if (score === null) throw new Error("a score of null");
    const outcome: Outcome = { kind, score };
    if (metrics !== null) outcome.metrics = Object.fromEntries(metrics);
    if (steps !== null) outcome.steps = Array.from(steps, ({ name, start, end, score }) => ({ name, start, end, score }));
    return outcome;
  }
  return kind === "not_applicable" ? { kind } : { kind, message: message ?? "" };
}
