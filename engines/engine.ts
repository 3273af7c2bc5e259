/**
 * The engine interface: the primitives of training, after the Tinker protocol. Tokens and logprobs go in and out, never text.
 *
 * Semantics, fixed once:
 * - a loss is a SUM over tokens whose weights the caller has already normalised; a masked token has weight 0;
 * - entry t of a per-token array belongs to token t of the completion, predicted from everything before it;
 * - logprobs are in nats, of the distribution that was sampled from (temperature and filters applied).
 */

/** A prompt ready for the model: placeholder tokens already expanded, one run of them a tile. */
export interface EncodedPrompt {
  tokens: Int32Array;
  /** normalised pixels, or null for a prompt without pictures */
  pixels: PromptPixels | null;
}

export interface PromptPixels {
  data: Float32Array;
  /** [tiles, channels, height, width], or [patches, values] where the model takes pictures of any size */
  shape: number[];
  /** [time, height, width] in patches of each picture; null where pictures are tiles of one size */
  grids: [number, number, number][] | null;
}

export interface SamplingOptions {
  /** 0 is greedy */
  temperature: number;
  /** 0 keeps all */
  top_k: number;
  top_p: number;
  min_p: number;
  max_new_tokens: number;
  stop_ids: number[];
  stop_strings: string[];
  /** text of every id, needed where there are stop strings */
  pieces?: string[];
}

export interface SampleRequest {
  prompts: EncodedPrompt[];
  /** [P][G] one seed a completion; its tokens depend on nothing else but the prompt, the policy and the options */
  seeds: number[][];
  sampling: SamplingOptions;
}

export interface Completion {
  /** which prompt of the request, and which of its completions */
  prompt: number;
  member: number;
  tokens: Int32Array;
  logprobs: Float32Array;
  finish: "stop" | "length";
  /** milliseconds since the request arrived */
  startedMs: number;
  finishedMs: number;
}

/** One shared prompt and the completions behind it; the prompt is computed once. */
export interface TrainRow {
  prompt: EncodedPrompt;
  completions: TrainCompletion[];
  /** whose dropout this is: the same row with the same seed drops the same, in any batch */
  noise_seed?: number;
}

export interface TrainCompletion {
  tokens: Int32Array;
  /**
   * per-token inputs of the loss, each [T], as the loss names them: `weights`, by which a token enters the sum; `mask`, 1 where it belongs to
   * the loss at all; advantages, oldLogprobs, refLogprobs and so on. `turns` numbers the turns of a completion (absent: it is one).
   */
  fields: Record<string, Float32Array>;
}

/** A loss from the table the engine was started with, its checked options, and the temperature its logprobs are taken at. */
export interface LossSpec {
  name: string;
  options: Readonly<Record<string, number | string | boolean | null>>;
  temperature: number;
  /** of this update, for the dropout of adapters: every pass of one update has the same */
  noise_seed?: number;
  /** several rows, of one completion and no pictures each, share a row of so many tokens, where each sees itself alone; null or absent none do */
  packing?: number | null;
}

export interface ForwardBackwardResult {
  /** the loss, summed over all rows */
  loss: number;
  /** sums over tokens, as the loss defines them */
  metrics: Record<string, number>;
  /** values at every token, as the loss defines them: [rows][completions] arrays of [T] */
  perToken: Record<string, Float32Array[][]>;
  tokens: number;
}

export interface LogprobOptions {
  temperature: number;
  policy: string;
  noise_seed?: number;
}

export interface LogprobResult {
  /** [rows][completions] arrays of [T], nats */
  logprobs: Float32Array[][];
  /** entropy of each token's distribution, nats */
  entropies: Float32Array[][];
}

export interface OptimizerStep {
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  /** 0 does not clip */
  max_grad_norm: number;
  /** factors on lr for parameters whose name holds the key; the first key that fits counts, 0 freezes */
  lr_scale?: Record<string, number>;
  /** parts of names of parameters that weight_decay, of Muon too, leaves alone */
  no_decay?: string[];
  /** Muon for the matrices of the blocks, null or absent AdamW for everything */
  muon?: MuonStep | null;
  /** Adafactor in place of AdamW: `betas` and `eps` are not read then */
  adafactor?: AdafactorStep | null;
}

export interface AdafactorStep {
  /** added to the squares of gradients, and the least scale of a parameter */
  eps: [number, number];
  /** the most that an update's root mean square may be */
  clip_threshold: number;
  /** the mean of step t keeps 1 - t^decay_rate of the one before; negative */
  decay_rate: number;
  /** decay of a mean of updates; null keeps none */
  beta1: number | null;
  /** multiply the rate by the parameter's root mean square */
  scale_parameter: boolean;
}

export interface MuonStep {
  lr: number;
  momentum: number;
  /** Newton-Schulz iterations */
  ns_steps: number;
  weight_decay: number;
}

export interface EngineInfo {
  model_type: string;
  parameters: number;
  /** how many of them are trained */
  trained: number;
  /** linear layers that an adapter stands on */
  adapters: number;
  executor: string;
  /** optimizer steps begun since the engine was started, where it counts them */
  updates?: number;
  /** bytes copied to and from the device so far, where it has a memory of its own */
  traffic?: { toDevice: number; toHost: number };
  /** how many prompts' worth of slots sample at once */
  slots: number;
}

export interface Engine {
  info(): Promise<EngineInfo>;
  /** Streams completions in the order in which they end. */
  sample(request: SampleRequest, onCompletion: (completion: Completion) => void): Promise<void>;
  /**
   * Forward only. `policy`: "current", "base" (the model without its adapters) or the name of a snapshot. With the `noise_seed` of an update
   * adapters' inputs are dropped as in that update's passes.
   */
  logprobs(rows: TrainRow[], options: LogprobOptions): Promise<LogprobResult>;
  /** What the critic takes the state before each token to be worth, [rows][completions] arrays of [T]. Throws where there is none. */
  values(rows: TrainRow[]): Promise<Float32Array[][]>;
  /** Adds the gradient of the loss to the one held since the last optimStep. */
  forwardBackward(rows: TrainRow[], loss: LossSpec): Promise<ForwardBackwardResult>;
  /** Norm of the gradient that each row has alone, [rows]: to find what made a gradient that is not finite. The held one stays as it is. */
  gradientNorms(rows: TrainRow[], loss: LossSpec): Promise<number[]>;
  /** An optimizer step on the held gradient, which is then cleared. `skipped` where the gradient was not finite: nothing changed. */
  optimStep(step: OptimizerStep): Promise<{ gradNorm: number; skipped: boolean }>;
  /** Keep an immutable copy of the current trained weights under a name, or drop one. */
  snapshot(name: string): Promise<void>;
  dropSnapshot(name: string): Promise<void>;
  /** Trained weights in an ordinary checkpoint folder's files; with `optimizer`, also moments and step. */
  saveState(folder: string, options: { optimizer: boolean }): Promise<void>;
  loadState(folder: string, options: { optimizer: boolean }): Promise<void>;
  /** Forget the optimizer's moments and step: a new stage begins. */
  resetOptimizer(): Promise<void>;
  close(): Promise<void>;
}
