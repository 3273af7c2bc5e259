import { z } from "zod";
import { CheckpointError, type Problem } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { AdapterConfig } from "./config.ts";
import { isReadable } from "./pattern.ts";
import { isAllLinear } from "./targets.ts";

/** adapter_config.json of Python's PEFT, versions 0.15 to 0.21, for LoRA. */

const Names = z.array(z.string().min(1));
const Patterns = z.record(z.string(), z.number().positive()).nullish();

/** The fields that are used. */
const Used = z.object({
  peft_type: z.literal("LORA"),
  r: z.int().min(1),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).max(1).default(0),
  use_rslora: z.boolean().default(false),
  target_modules: z.union([Names.min(1), z.string().min(1)]),
  exclude_modules: z.union([Names, z.string()]).nullish(),
  rank_pattern: z.record(z.string(), z.int().min(1)).nullish(),
  alpha_pattern: Patterns,
  layers_to_transform: z.union([z.array(z.int().min(0)), z.int().min(0)]).nullish(),
  layers_pattern: z.union([z.array(z.string()), z.string()]).nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).default(true),
  task_type: z.string().nullish(),
  bias: z.string().default("none"),
});

/** Fields that say where an adapter comes from or how it was started, and change nothing now that its tensors are there. */
const INFORMATION = [
  "auto_mapping",
  "base_model_name_or_path",
  "corda_config",
  "eva_config",
  "inference_mode",
  "loftq_config",
  "lora_ga_config",
  "megatron_core",
  "peft_version",
  "qalora_group_size",
  "revision",
  "runtime_config",
];

/** Fields that make an adapter something else than A and B beside linear modules: they have to be off. */
const REFUSED: Record<string, string> = {
  alora_invocation_tokens: "an adapter that switches on at certain tokens (aLoRA) is not supported",
  arrow_config: "routing between adapters (Arrow) is not supported",
  ensure_weight_tying: "adapters that are tied to each other are not supported",
  fan_in_fan_out: "weights that are stored as [in, out] (GPT-2's Conv1D) are not supported",
  kasa_config: "KaSA's singular values are not supported",
  layer_replication: "a model whose layers are repeated is not supported",
  lora_bias: "a bias on B is not supported",
  megatron_config: "Megatron's parallel layers are not supported",
  modules_to_save: "modules that are trained whole beside the adapter are not supported",
  monteclora_config: "MonteCLoRA's sampled updates are not supported",
  target_parameters: "adapters on single parameters, as of mixture-of-experts layers, are not supported",
  trainable_token_indices: "trained rows of the embedding are not supported",
  use_bdlora: "block-diagonal A and B are not supported",
  use_dora: "DoRA scales every row of the weight by a magnitude of its own, which is not supported",
  use_qalora: "QA-LoRA pools the inputs of A, which is not supported",
  velora_config: "VeLoRA is not supported",
};

const PLAIN =
  "Train a plain LoRA adapter, or merge this one into its base model with PEFT's merge_and_unload and give that folder as model.path.";

/** Starts that take the adapter's first value away from the base model's weights: on the plain base it is only half of the change. */
const CHANGES_BASE = /^(pissa|corda|olora|loftq|lora_ga)/i;

/** Not set, in every field that PEFT has added so far. */
function isOff(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Throws CheckpointError with everything at once that is wrong with the file's content or not supported. */
export function parsePeftConfig(text: string, file: string): AdapterConfig {
  const json = parseObject(text, file);
  const parsed = Used.safeParse(json);
  const problems = [...refusals(json), ...(parsed.error?.issues ?? []).map((issue) => schemaProblem(issue, json))];
  if (parsed.success) problems.push(...expressionProblems(parsed.data));
  if (!parsed.success || problems.length > 0) throw new CheckpointError(problems.map((problem) => ({ place: { file }, ...problem })));
  const { data } = parsed;
  return {
    rank: data.r,
    alpha: data.lora_alpha,
    dropout: data.lora_dropout,
    rslora: data.use_rslora,
    targets: data.target_modules,
    exclude: isEmpty(data.exclude_modules) ? null : data.exclude_modules!,
    layers: typeof data.layers_to_transform === "number" ? [data.layers_to_transform] : (data.layers_to_transform ?? null),
    layersPattern: isEmpty(data.layers_pattern) ? [] : [data.layers_pattern!].flat(),
    rankPattern: data.rank_pattern ?? {},
    alphaPattern: data.alpha_pattern ?? {},
    taskType: data.task_type ?? null,
  };
}

function isEmpty(value: string | string[] | null | undefined): boolean {
  return value === null || value === undefined || value.length === 0;
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new CheckpointError({ place: { file }, message: `not JSON: ${(error as Error).message}` });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new CheckpointError({ place: { file }, message: "expected an object" });
  return json as Record<string, unknown>;
}

type Finding = Omit<Problem, "place">;

function refusals(json: Record<string, unknown>): Finding[] {
  const known = [...Object.keys(Used.shape), ...INFORMATION, ...Object.keys(REFUSED)];
  return Object.entries(json).flatMap(([field, value]): Finding[] => {
    const reason = REFUSED[field];
    if (reason !== undefined) return isOff(value) ? [] : [{ field, message: reason, cure: PLAIN }];
    if (field === "bias" && typeof value === "string" && value !== "none") {
      return [{ field, message: `expected "none", got "${value}": trained biases of the base model are not supported`, cure: PLAIN }];
    }
    if (field === "init_lora_weights" && typeof value === "string" && CHANGES_BASE.test(value)) {
      return [
        {
          field,
          message: `an adapter started as "${value}" belongs to a base model whose weights were changed at the start`,
          cure: "Save it for the plain base model: PEFT's save_pretrained with path_initial_model_for_weight_conversion.",
        },
      ];
    }
    if (known.includes(field) || isOff(value)) return [];
    const near = nearest(field, known);
    const cure =
      near === null ? "It is none of the fields of PEFT 0.15 to 0.21, so what it changes is not known." : `Did you mean ${near}?`;
    return [{ field, message: `unknown field with the value ${JSON.stringify(value)}`, cure }];
  });
}

function schemaProblem(issue: z.core.$ZodIssue, json: Record<string, unknown>): Finding {
  const field = issue.path.join(".");
  const value = json[String(issue.path[0])];
  if (value === undefined) return { field, message: "is missing" };
  if (field === "peft_type") return { field, message: `expected "LORA", got ${JSON.stringify(value)}`, cure: PLAIN };
  if (field === "target_modules" && value === null) {
    return { field, message: "is not set", cure: "List the modules that the adapter's tensors belong to." };
  }
  return { field, message: `can't be ${JSON.stringify(value)}: ${issue.message}` };
}

function expressionProblems(data: z.infer<typeof Used>): Finding[] {
  const { target_modules, exclude_modules, rank_pattern, alpha_pattern, layers_pattern, layers_to_transform } = data;
  const lists: [string, string[]][] = [
    ["target_modules", typeof target_modules === "string" ? [target_modules] : []],
    ["exclude_modules", typeof exclude_modules === "string" ? [exclude_modules] : []],
    ["rank_pattern", Object.keys(rank_pattern ?? {})],
    ["alpha_pattern", Object.keys(alpha_pattern ?? {})],
    ["layers_pattern", [layers_pattern ?? []].flat()],
  ];
  const problems = lists.flatMap(([field, patterns]) =>
    patterns
      .filter((pattern) => !isReadable(pattern))
      .map(
        (pattern): Finding => ({
          field,
          message: `"${pattern}" is a regular expression that can't be read`,
          cure: "Write it in simpler terms.",
        }),
      ),
  );
  if (typeof target_modules === "string" && !isAllLinear(target_modules) && (layers_to_transform ?? null) !== null) {
    problems.push({
      field: "layers_to_transform",
      message: "only goes with a list of target_modules",
      cure: "Put the layers into the expression.",
    });
  }
  return problems;
}

/**
 * The file's text as PEFT 0.15 and later read it without a warning: fields that came with 0.16 to 0.21 are left out, because an older PEFT
 * warns of every field that it does not know, and a newer one gives it the value that is off.
 */
export function peftConfigText(config: AdapterConfig, modules: readonly string[], baseModel: string): string {
  const text = {
    alpha_pattern: config.alphaPattern,
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    bias: "none",
    corda_config: null,
    eva_config: null,
    exclude_modules: config.exclude,
    fan_in_fan_out: false,
    inference_mode: true,
    // How A and B started does not matter any more, and some values make PEFT start over before it reads them.
    init_lora_weights: true,
    layer_replication: null,
    layers_pattern: config.layersPattern.length === 0 ? null : config.layersPattern,
    layers_to_transform: config.layers,
    loftq_config: {},
    lora_alpha: config.alpha,
    lora_bias: false,
    lora_dropout: config.dropout,
    megatron_config: null,
    megatron_core: "megatron.core",
    modules_to_save: null,
    peft_type: "LORA",
    r: config.rank,
    rank_pattern: config.rankPattern,
    revision: null,
    // PEFT, too, writes the modules that it found in place of the word.
    target_modules: isAllLinear(config.targets) ? [...modules].sort() : config.targets,
    task_type: config.taskType,
    trainable_token_indices: null,
    use_dora: false,
    use_rslora: config.rslora,
  };
  return JSON.stringify(text, null, 2);
}
