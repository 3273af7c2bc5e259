import type { Outcome, RewardPart } from "../core/types.ts";
import { firstOf, partValue, ruledOut } from "./algebra/evaluate.ts";
import type { Composition, Term } from "./algebra/graph.ts";
import { type Finished, turnsOf } from "./ask.ts";
import type { Part } from "./part.ts";

interface Cell {
  outcome: Outcome;
  latencyMs: number;
  /** the outcome as the algebra sees it */
  value: Outcome;
}

/**
 * The parts of some completions of one example, filled in as they are asked: each once, behind those that it refers to, all others at the
 * same time. A part that is ruled out by its conditions is not asked.
 */
export class Board {
  /** [member][part] */
  private readonly cells: (Cell | undefined)[][];
  private readonly running = new Map<number, Promise<void>>();

  /** `known` are outcomes from before, [member][part]; they are not asked for again. */
  constructor(
    private readonly composition: Composition,
    private readonly parts: readonly (Part | null)[],
    private readonly members: readonly Finished[],
    private readonly known: readonly (readonly (RewardPart | undefined)[])[] = [],
  ) {
    this.cells = members.map(() => Array(composition.terms.length).fill(undefined));
  }

  /** Asks for these parts and for what they refer to. */
  async settle(indices: readonly number[]): Promise<void> {
    await Promise.all(
      indices.map((i) => {
        const running = this.running.get(i) ?? this.fill(i);
        this.running.set(i, running);
        return running;
      }),
    );
  }

  part(member: number, i: number): RewardPart {
    const { outcome, latencyMs } = this.cells[member]![i]!;
    return { name: this.composition.terms[i]!.name, outcome, latencyMs };
  }

  private async fill(i: number): Promise<void> {
    const term = this.composition.terms[i]!;
    await this.settle(term.references);
    const open: number[] = [];
    for (const [m, finished] of this.members.entries()) {
      const known = this.known[m]?.[i];
      if (known !== undefined) {
        this.put(m, i, known.outcome, known.latencyMs);
        continue;
      }
      const decided = this.decided(term, m, finished);
      if (decided === null) open.push(m);
      else this.put(m, i, placed(term, decided, finished), 0);
    }
    if (open.length === 0) return;
    const part = this.parts[i]!;
    const batches = part.scope === "group" ? [open] : open.map((m) => [m]);
    await Promise.all(
      batches.map(async (batch) => {
        const { outcomes, latencyMs } = await part.score(batch.map((m) => this.members[m]!));
        for (const [k, m] of batch.entries()) this.put(m, i, placed(term, outcomes[k]!, this.members[m]!), latencyMs);
      }),
    );
  }

  /** The outcome of a part that need not be asked, or null. */
  private decided(term: Term, member: number, { fields }: Finished): Outcome | null {
    const values = this.values(member);
    const value = (name: string) => values[this.composition.terms.findIndex((other) => other.name === name)]!;
    return ruledOut(term, fields, value) ?? (term.sources.length > 0 ? firstOf(term, values) : null);
  }

  private values(member: number): (Outcome | undefined)[] {
    return this.cells[member]!.map((cell) => cell?.value);
  }

  private put(member: number, i: number, outcome: Outcome, latencyMs: number): void {
    const value = partValue(this.composition.terms[i]!, outcome, this.values(member));
    this.cells[member]![i] = { outcome, latencyMs, value };
  }
}

/** A score with a step for the turn that the recipe says it is about. */
function placed({ spec: { place } }: Term, outcome: Outcome, finished: Finished): Outcome {
  if (place === "whole" || outcome.kind !== "score") return outcome;
  const turns = turnsOf(finished).filter(({ role }) => role === "policy");
  const turn = place === "first_turn" ? turns[0] : turns.at(-1);
  if (turn === undefined) return outcome;
  const { start, end } = turn;
  return { ...outcome, steps: [...(outcome.steps ?? []), { name: place, start, end, score: outcome.score }] };
}
