import { endMatch } from "./pattern.ts";

/** What an adapter is applied to and how strongly, in PEFT's terms. */
export interface AdapterConfig {
  rank: number;
  alpha: number;
  /** probability that an input of A is dropped in training */
  dropout: number;
  /** scale by alpha / sqrt(rank) instead of alpha / rank. Source: rank-stabilized LoRA (arXiv:2312.03732) */
  rslora: boolean;
  /** names or ends of names of modules, or "all-linear", or one regular expression that fits whole names */
  targets: string[] | string;
  exclude: string[] | string | null;
  /** layer numbers that targets are limited to */
  layers: number[] | null;
  /** what stands before the layer's number; empty: anything does */
  layersPattern: string[];
  /** ranks and alphas of the modules that a pattern fits, instead of the ones above; the first pattern that fits holds */
  rankPattern: Record<string, number>;
  alphaPattern: Record<string, number>;
  taskType: string | null;
}

/** Rank, alpha and scaling of one module: its update is scaling * B A. */
export function strengthOf(module: string, config: AdapterConfig): { rank: number; alpha: number; scaling: number } {
  const rank = fitting(config.rankPattern, module) ?? config.rank;
  const alpha = fitting(config.alphaPattern, module) ?? config.alpha;
  return { rank, alpha, scaling: alpha / (config.rslora ? Math.sqrt(rank) : rank) };
}

function fitting(patterns: Record<string, number>, module: string): number | undefined {
  return Object.entries(patterns).find(([pattern]) => endMatch(pattern).test(module))?.[1];
}
