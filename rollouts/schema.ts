/**
 * Rollouts as Arrow columns: one row a rollout, in a schema that any Arrow library reads. Arrays go in and come out bit for bit.
 *
 * `roles` and `finish` are dictionaries with fixed entries, so that all batches of a file share them. Units as in `Rollout`: logprobs in
 * nats, times in milliseconds.
 */
import type * as Arrow from "apache-arrow";
import type { Rollout } from "../core/types.ts";
import { columnMaker } from "./columns.ts";
import { loadEncoder } from "./encoder.ts";
import { partColumns } from "./part-columns.ts";
import type { Origin } from "./stored-rollout.ts";
import { turnColumns } from "./turn-columns.ts";

export { fromBatch } from "./from-batch.ts";
export type { Origin, StoredRollout } from "./stored-rollout.ts";

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
    turns: turnColumns(
      loaded,
      type("turns"),
      rollouts.map((rollout) => rollout.turns ?? null),
    ),
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
