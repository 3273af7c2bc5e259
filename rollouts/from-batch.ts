import type * as Arrow from "apache-arrow";
import type { Outcome, RewardPart, StepScore, TurnSpan } from "../core/types.ts";
import type { StoredRollout } from "./stored-rollout.ts";
import { type TurnRow, turnOf } from "./turn-columns.ts";

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
  // files from before there were outcomes, or turns, have no such column
  const [outcome, turns] = ["outcome", "turns"].map((name) => batch.getChild(name));
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
    turns: turnsOf(turns?.get(i)),
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

function turnsOf(rows: Iterable<TurnRow> | null | undefined): TurnSpan[] | undefined {
  return rows == null ? undefined : Array.from(rows, turnOf);
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
