import type * as Arrow from "apache-arrow";
import type { FinishReason, Outcome, Role } from "../core/types.ts";
import { utf8Buffers } from "./buffers.ts";

const ROLES: readonly Role[] = ["policy", "observation", "context", "negative", "corrected"];
const FINISHES: readonly FinishReason[] = ["stop", "length", "environment"];
const OUTCOMES: readonly Outcome["kind"][] = ["score", "not_applicable", "timeout", "error"];

export type Columns = typeof import("apache-arrow");
export type Encoder = { columns: Columns; schema: Arrow.Schema; dictionaries: Dictionaries };
export type Dictionaries = Record<
  "roles" | "finish" | "outcome",
  { type: Arrow.Dictionary; values: Arrow.Vector; entries: readonly string[] }
>;

let encoder: Promise<Encoder> | null = null;

/** The library is loaded once, when first needed. The dictionaries must be the same objects in every batch of a file. */
export function loadEncoder(): Promise<Encoder> {
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
  const turn = new a.Struct([
    field("role", dictionaries.roles.type),
    field("start", new a.Int32()),
    field("end", new a.Int32()),
    field("first_token", new a.Int32()),
    field("end_token", new a.Int32()),
    field("log", new a.Utf8(), true),
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
    field("turns", list(turn), true),
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
