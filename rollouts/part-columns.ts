import type * as Arrow from "apache-arrow";
import type { RewardPart, StepScore } from "../core/types.ts";
import { validity } from "./buffers.ts";
import { columnMaker } from "./columns.ts";
import type { Encoder } from "./encoder.ts";

/** Parts of rewards as a struct a part. */
export function partColumns(loaded: Encoder, type: Arrow.DataType, parts: readonly RewardPart[]): Arrow.Data {
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
