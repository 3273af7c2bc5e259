import { UserError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { type Adapter, adapterParameters, DropoutNoise } from "./adapter.ts";
import type { Architecture, ParameterSpec } from "./architecture.ts";
import { criticParameters } from "./critic.ts";
import type { WeightOptions } from "./weights.ts";

/** A model together with what of it is trained: everything, all but what is frozen, or adapters alone. */
export interface Policy {
  model: Architecture;
  /** the model's own parameters, then those of its adapters */
  parameters: readonly ParameterSpec[];
  trained: readonly ParameterSpec[];
  adapters: ReadonlyMap<string, Adapter>;
  /** the critic's, last among `parameters`; empty without one */
  critic: readonly ParameterSpec[];
  /** null where no adapter drops inputs */
  noise: DropoutNoise | null;
  /** whether a backward pass computes activations again rather than keep them */
  recompute: boolean;
  /** names of the frozen parameters that are stored in half precision: matrices and embeddings, none of them trained */
  halves: ReadonlySet<string>;
}

export interface PolicyOptions {
  adapters?: readonly Adapter[];
  /** regular expressions; parameters whose names they are found in stay as they are */
  freeze?: readonly string[];
  recompute?: boolean;
  frozenDtype?: "float32" | "float16";
  /** add a critic, which is always trained */
  critic?: boolean;
}

/** Throws UserError where a pattern fits no parameter, or nothing is left to train. */
export function policyOf(
  model: Architecture,
  { adapters = [], freeze = [], recompute = false, frozenDtype = "float32", critic = false }: PolicyOptions = {},
): Policy {
  const own = adapterParameters(model, adapters);
  const frozen = frozenBy(freeze, model);
  const trained = adapters.length > 0 ? own : model.parameters.filter(({ name }) => !frozen.has(name));
  if (trained.length === 0) {
    throw new UserError({
      place: { file: "recipe" },
      field: "model.freeze",
      message: "these patterns freeze every parameter",
      cure: "Leave something to train.",
    });
  }
  const head = critic ? criticParameters(model) : [];
  const parameters = [...model.parameters, ...own, ...head];
  const noise = adapters.some(({ dropout }) => dropout > 0) ? new DropoutNoise(adapters, own) : null;
  const moving = new Set(trained);
  // a vector is little to store, and its sums are better left exact
  const still = frozenDtype === "float32" ? [] : model.parameters.filter((spec) => !moving.has(spec) && spec.shape.length > 1);
  return {
    model,
    parameters,
    trained: [...trained, ...head],
    critic: head,
    adapters: new Map(adapters.map((adapter) => [adapter.layer, adapter])),
    noise,
    recompute,
    halves: new Set(still.map(({ name }) => name)),
  };
}

/** Names of the parameters that the patterns fit. */
function frozenBy(patterns: readonly string[], { parameters }: Architecture): Set<string> {
  const frozen = new Set<string>();
  const problems = [];
  for (const [i, pattern] of patterns.entries()) {
    const expression = new RegExp(pattern, "u");
    const fitting = parameters.filter(({ name }) => expression.test(name));
    for (const { name } of fitting) frozen.add(name);
    if (fitting.length > 0) continue;
    const parts = new Set(parameters.flatMap(({ name }) => name.split(".").filter((part) => !/^\d+$/.test(part))));
    const known = nearest(pattern, [...parts]);
    problems.push({
      place: { file: "recipe" },
      field: `model.freeze.${i}`,
      message: `no parameter's name holds "${pattern}"`,
      cure: known === null ? `Parts of names: ${[...parts].join(", ")}.` : `Did you mean "${known}"?`,
    });
  }
  if (problems.length > 0) throw new UserError(problems);
  return frozen;
}

/** The policy's weights for a graph; `bare` leaves the adapters off, and with `noisyTokens`, the tokens of a training pass, their inputs are dropped. */
export function weightsOf({ parameters, adapters, halves, noise }: Policy, { bare = false, noisyTokens = 0 } = {}): WeightOptions {
  return {
    parameters,
    halves,
    adapters: bare ? new Map() : adapters,
    noise: noise !== null && noisyTokens > 0 ? { dropout: noise, tokens: noisyTokens } : null,
  };
}
