import { z } from "zod";
import { exactly, only, Positive, type Report, Size, show } from "./fields.ts";
import type { RopeConfig, RopeScaling } from "./types.ts";

/** The three keys under which rotary positions are described: rope_theta and rope_scaling (transformers 4), rope_parameters (5). */
export const ropeFields = {
  rope_theta: Positive.gt(1).optional(),
  rope_scaling: z.record(z.string(), z.unknown()).nullable().optional(),
  rope_parameters: z.record(z.string(), z.unknown()).nullable().optional(),
};
export type RopeFields = z.infer<z.ZodObject<typeof ropeFields>>;

export interface RopeContext {
  headDim: number;
  contextLength: number;
  /** The class's rope_theta; null where transformers 4 and 5 differ, and then it must be written down. */
  theta: number | null;
  /** Qwen-VL: the class's mrope_section and order, and whether the type "mrope" stands for "default". */
  mrope: { sections: [number, number, number]; interleaved: boolean; named: boolean } | null;
}

const Factor = z.number().min(1);

const types = ["default", "linear", "llama3", "yarn", "dynamic"] as const;

/** The numbers of each type, and what they mean. */
const scalings = {
  default: [{}, () => ({ type: "default" })],
  linear: [{ factor: Factor }, (c) => ({ type: "linear", factor: c.factor })],
  dynamic: [{ factor: Factor }, (c, contextLength) => ({ type: "dynamic", factor: c.factor, originalContextLength: contextLength })],
  llama3: [
    { factor: Factor, low_freq_factor: Positive, high_freq_factor: Positive, original_max_position_embeddings: Size.optional() },
    (c, contextLength) => ({
      type: "llama3",
      factor: c.factor,
      lowFreqFactor: c.low_freq_factor,
      highFreqFactor: c.high_freq_factor,
      originalContextLength: c.original_max_position_embeddings ?? contextLength,
    }),
  ],
  yarn: [
    {
      factor: Factor.nullable(),
      original_max_position_embeddings: Size.nullable().optional(),
      attention_factor: Positive.nullable().optional(),
      mscale: z.number().min(0).nullable().optional(),
      mscale_all_dim: z.number().min(0).nullable().optional(),
      beta_fast: Positive.nullable().optional(),
      beta_slow: Positive.nullable().optional(),
      truncate: z.boolean().optional(),
    },
    (c, contextLength) => {
      const originalContextLength = c.original_max_position_embeddings ?? contextLength;
      const factor = c.factor ?? contextLength / originalContextLength;
      const scale = (m: number) => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
      const made = c.mscale && c.mscale_all_dim ? scale(c.mscale) / scale(c.mscale_all_dim) : scale(1);
      return {
        type: "yarn",
        factor,
        originalContextLength,
        attentionFactor: c.attention_factor ?? made,
        betaFast: c.beta_fast ?? 32,
        betaSlow: c.beta_slow ?? 1,
        truncate: c.truncate ?? true,
      };
    },
  ],
  // biome-ignore lint/suspicious/noExplicitAny: each reader takes what its own schema has parsed
} satisfies Record<(typeof types)[number], [z.ZodRawShape, (c: any, contextLength: number) => RopeScaling]>;

/**
 * Rotary positions in either spelling, as transformers 5 reads them; see modeling_rope_utils.py there.
 * Where the two spellings stand side by side and differ, transformers 4 and 5 differ too, so that is an issue.
 */
export function readRope(c: RopeFields, { headDim, contextLength, theta, mrope }: RopeContext, report: Report): RopeConfig {
  const rope: RopeConfig = {
    type: "default",
    theta: theta ?? 10_000,
    sections: mrope?.sections ?? null,
    interleaved: mrope?.interleaved ?? false,
  };
  const key = c.rope_parameters == null ? "rope_scaling" : "rope_parameters";
  if (c.rope_parameters != null && c.rope_scaling != null) {
    report(["rope_scaling"], "given beside rope_parameters, which means the same; keep one of them");
    return rope;
  }
  const raw: Record<string, unknown> = c[key] ?? {};

  const plain = (name: unknown) => (mrope?.named && name === "mrope" ? "default" : name);
  const typeKey = raw.rope_type === undefined ? "type" : "rope_type";
  const type = plain(raw[typeKey] ?? "default") as (typeof types)[number];
  if (!types.includes(type)) {
    report([key, typeKey], `${show(type)} is not supported: it must be one of ${types.join(", ")}`);
    return rope;
  }
  if (raw.type !== undefined && plain(raw.type) !== type) {
    report([key, "type"], `${show(raw.type)} contradicts rope_type ${show(raw.rope_type)}; keep one of them`);
  }

  const [shape, scaling] = scalings[type];
  const schema = exactly({
    rope_type: z.unknown().optional(),
    type: z.unknown().optional(),
    rope_theta: ropeFields.rope_theta,
    partial_rotary_factor: only([1, null], "only a rotation of whole heads is supported"),
    ...(mrope === null ? {} : { mrope_section: z.tuple([z.int().min(0), z.int().min(0), z.int().min(0)]).optional() }),
    ...(mrope?.interleaved ? { mrope_interleaved: only([true], "Qwen3-VL always interleaves") } : {}),
    ...(mrope?.interleaved === false ? { mrope_interleaved: only([false], "Qwen2.5-VL never interleaves") } : {}),
    ...(shape as z.ZodRawShape),
  });
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) report([key, ...(issue.path as string[])], issue.message);
    return rope;
  }
  const numbers = parsed.data as { rope_theta?: number; mrope_section?: [number, number, number] };

  if (numbers.rope_theta !== undefined && c.rope_theta !== undefined && numbers.rope_theta !== c.rope_theta) {
    report(["rope_theta"], `${c.rope_theta} contradicts ${key}.rope_theta, ${numbers.rope_theta}; keep one of them`);
  }
  const base = numbers.rope_theta ?? c.rope_theta ?? theta;
  if (base === null)
    report(["rope_theta"], "missing, and transformers 4 and 5 have different defaults; write down the one it was trained with");

  const sections = numbers.mrope_section ?? mrope?.sections ?? null;
  if (sections !== null && sections[0] + sections[1] + sections[2] !== headDim / 2) {
    report([key, "mrope_section"], `${show(sections)} must add up to half of head_dim, ${headDim / 2}`);
  }

  const scaled: RopeScaling = (scaling as (c: unknown, contextLength: number) => RopeScaling)(parsed.data, contextLength);
  if (scaled.type === "llama3" && scaled.highFreqFactor <= scaled.lowFreqFactor) {
    report([key, "high_freq_factor"], `expected more than low_freq_factor, ${scaled.lowFreqFactor}, got ${scaled.highFreqFactor}`);
  }
  if (scaled.type === "dynamic" && headDim < 4) report([key, typeKey], "dynamic needs a head_dim of 4 or more");
  return { ...rope, ...scaled, theta: base ?? rope.theta, sections };
}
