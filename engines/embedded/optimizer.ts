import { join } from "node:path";
import { readSafetensors } from "../../core/safetensors.ts";
import { writeSafetensors } from "../../core/safetensors-write.ts";
import type { OptimizerStep } from "../engine.ts";
import { sizeOf } from "../graph/tensor.ts";
import { type AdafactorState, adafactor, adafactorShapes } from "./adafactor.ts";
import { adamw, gradientNorm } from "./adamw.ts";
import type { ParameterSpec } from "./architecture.ts";
import { isBlockMatrix, type MuonMatrix, muon } from "./muon.ts";
import type { SessionCache } from "./sessions.ts";

type Arrays = Record<string, Float32Array>;

const FILE = "optimizer.safetensors";

/** What a parameter's history is kept as; a file's tensor is called by its kind, a dot and the parameter's name. */
const KINDS = ["first", "second", "momentum", "rows", "columns", "squares", "updates"] as const;
type Kind = (typeof KINDS)[number];

/** What a gradient of that norm is multiplied by before a step. */
export function clipScale({ max_grad_norm }: OptimizerStep, gradNorm: number): number {
  return max_grad_norm > 0 ? Math.min(1, max_grad_norm / (gradNorm + 1e-6)) : 1;
}

/** What a step does with a parameter: the factor on its rate, 0 where it stays as it is, and whether it decays. */
export function treatmentOf(name: string, { lr_scale = {}, no_decay = [] }: OptimizerStep): { factor: number; decays: boolean } {
  const factor = Object.entries(lr_scale).find(([key]) => name.includes(key))?.[1] ?? 1;
  return { factor, decays: !no_decay.some((part) => name.includes(part)) };
}

/** What an optimizer remembers between steps, and the step itself: AdamW, or Adafactor, for everything that Muon does not take. */
export class Optimizer {
  /** how many it has taken */
  steps = 0;
  history: Record<Kind, Arrays> = blankHistory();

  constructor(private readonly parameters: readonly ParameterSpec[]) {}

  /** Changes `weights` in place; nothing where the gradient is not finite. */
  async step(
    weights: Arrays,
    gradients: Arrays,
    options: OptimizerStep,
    sessions: SessionCache,
  ): Promise<{ gradNorm: number; skipped: boolean }> {
    const gradNorm = gradientNorm(Object.values(gradients));
    if (!Number.isFinite(gradNorm)) return { gradNorm, skipped: true };
    this.steps++;
    const scale = clipScale(options, gradNorm);
    const muonStep = options.muon ?? null;
    const factored = options.adafactor ?? null;
    const matrices: MuonMatrix[] = [];
    for (const spec of this.parameters) {
      const { name, shape } = spec;
      const { factor, decays } = treatmentOf(name, options);
      if (factor === 0) continue;
      const given = { weights: weights[name]!, gradient: gradients[name]! };
      const held = (kind: Kind, size = given.weights.length) => (this.history[kind][name] ??= new Float32Array(size));
      const own = { lr: options.lr * factor, weight_decay: decays ? options.weight_decay : 0 };
      if (muonStep !== null && isBlockMatrix(spec)) {
        const weight_decay = decays ? muonStep.weight_decay : 0;
        matrices.push({ ...given, shape, momentum: held("momentum"), lr: muonStep.lr * factor, weight_decay });
      } else if (factored !== null) {
        const kept = Object.entries(adafactorShapes(shape, factored.beta1)) as [keyof AdafactorState, number[]][];
        const state: AdafactorState = Object.fromEntries(kept.map(([kind, of]) => [kind, held(kind, sizeOf(of))]));
        adafactor(given.weights, given.gradient, state, shape, { ...factored, ...own }, this.steps, scale);
      } else {
        const moments = { first: held("first"), second: held("second") };
        adamw(given.weights, given.gradient, moments, { ...options, ...own }, this.steps, scale);
      }
    }
    if (muonStep !== null) await muon(matrices, muonStep, scale, sessions);
    return { gradNorm, skipped: false };
  }

  reset(): void {
    this.steps = 0;
    this.history = blankHistory();
  }

  async save(folder: string): Promise<void> {
    const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const spec of this.parameters) {
      for (const kind of KINDS) {
        const data = this.history[kind][spec.name];
        if (data !== undefined) tensors.set(`${kind}.${spec.name}`, { shape: shapeOf(kind, spec), data });
      }
    }
    await writeSafetensors(join(folder, FILE), tensors, { steps: String(this.steps) });
  }

  async load(folder: string): Promise<void> {
    this.reset();
    const file = await readSafetensors(join(folder, FILE));
    this.steps = Number(file.metadata.steps ?? 0);
    for (const spec of this.parameters) {
      for (const kind of KINDS) {
        const tensor = `${kind}.${spec.name}`;
        if (file.tensors.has(tensor)) this.history[kind][spec.name] = await file.read(tensor, shapeOf(kind, spec));
      }
    }
  }
}

/** Shape of what is kept of a parameter: its own, but for the means that Adafactor has of it. */
function shapeOf(kind: Kind, { shape }: ParameterSpec): number[] {
  return kind === "rows" || kind === "columns" ? adafactorShapes(shape, null)[kind]! : [...shape];
}

function blankHistory(): Record<Kind, Arrays> {
  return Object.fromEntries(KINDS.map((kind) => [kind, {}])) as Record<Kind, Arrays>;
}
