import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lockRun } from "../checkpoints/lock.ts";
import { refuseChanges } from "../checkpoints/recipe.ts";
import { type Checkpoint, checkCheckpoint, latestCheckpoint, retain, saveCheckpoint, sweepCheckpoints } from "../checkpoints/store.ts";
import { advising, atomicWrite, exists, sweepTemporary } from "../core/atomic.ts";
import { UserError } from "../core/errors.ts";
import type { Scorer } from "../core/types.ts";
import { isDeviceError, type Traffic } from "../engines/executor.ts";
import { dpoRunner } from "./dpo.ts";
import { evaluatePolicy } from "./evaluate.ts";
import type { EvalResult, RunSummary, StageSummary } from "./events.ts";
import { grpoRunner } from "./grpo.ts";
import { Monitors } from "./monitors.ts";
import type { Stage } from "./options.ts";
import type { RunControl, RunPlan } from "./plan.ts";
import { ppoRunner } from "./ppo/runner.ts";
import { curveSvg } from "./report/curve.ts";
import { MetricsLog, readMetrics } from "./report/metrics.ts";
import { type StageContext, type StageRunner, updatesPerStep } from "./runner.ts";
import { assemble, type Crew, checkReferences, modelFolder, presetFolderOf } from "./setup.ts";
import { sftRunner } from "./sft.ts";

export type { RunControl, RunPlan } from "./plan.ts";

/** How each kind of stage is run. A new kind is a file and a line here. */
const runners: { [Kind in Stage["kind"]]: (context: StageContext, stage: Extract<Stage, { kind: Kind }>) => StageRunner } = {
  sft: sftRunner,
  grpo: grpoRunner,
  dpo: dpoRunner,
  ppo: ppoRunner,
};

function runnerOf(context: StageContext, stage: Stage): StageRunner {
  // the table pairs each kind with its own options, which the compiler can't follow through the lookup
  return (runners[stage.kind] as (context: StageContext, stage: Stage) => StageRunner)(context, stage);
}

/** Where a run stands between two steps: what a checkpoint holds besides weights, optimizer and snapshots. */
interface Progress {
  stageIndex: number;
  step: number;
  dataPosition: number;
  policyVersion: number;
  best: { metric: string; value: number; stage: string; step: number } | null;
  stages: StageSummary[];
  /** seconds and tokens of the stage under way */
  stageSeconds: number;
  stageTokens: number;
  /** of the stage's runner, where it goes on from a checkpoint */
  runnerState: Record<string, number | null> | null;
  /** seconds since the run began, over all its resumptions */
  seconds: number;
}

const FRESH: Progress = {
  stageIndex: 0,
  step: 0,
  dataPosition: 0,
  policyVersion: 0,
  best: null,
  stages: [],
  stageSeconds: 0,
  stageTokens: 0,
  runnerState: null,
  seconds: 0,
};

/** Runs a recipe's stages one after the other in a run folder, from the start or from a checkpoint, and returns what came of them. */
export function runPlan(plan: RunPlan, control: RunControl): Promise<RunSummary> {
  return advising("--run-dir", () => runIn(plan, control));
}

async function runIn(plan: RunPlan, control: RunControl): Promise<RunSummary> {
  const checkpoint = await findCheckpoint(plan, control);
  await mkdir(join(control.runDir, "rollouts"), { recursive: true });
  const lock = await lockRun(control.runDir);
  try {
    await sweepCheckpoints(control.runDir);
    await sweepTemporary(join(control.runDir, "rollouts"));
    if (checkpoint === null) await atomicWrite(join(control.runDir, "recipe.yaml"), plan.recipeText);
    const folder = checkpoint?.folder ?? (await modelFolder(plan, presetFolderOf(control.runDir)));
    const crew = await assemble(plan, folder, { start: checkpoint === null });
    const log = await MetricsLog.open(control.runDir);
    try {
      refuseOtherRewards(checkpoint, crew.scorer, control.runDir);
      return await new Run(plan, control, crew, log, checkpoint).all();
    } finally {
      await log.close();
      await crew.close();
    }
  } finally {
    await lock.release();
  }
}

/** The checkpoint to go on from, or null for a fresh start. A folder that holds a run is never started over. */
async function findCheckpoint(plan: RunPlan, { runDir, resume, from, listener }: RunControl): Promise<Checkpoint | null> {
  const holdsRun =
    (await exists(runDir)) && (await readdir(runDir)).some((name) => ["recipe.yaml", "checkpoints", "metrics.jsonl"].includes(name));
  const place = { file: runDir };
  if (resume === "no") {
    if (!holdsRun) return null;
    throw new UserError({
      place,
      message: "this folder holds a run already",
      cure: "Go on with it: --resume. Or start another one elsewhere: --run-dir <folder>.",
    });
  }
  await sweepCheckpoints(runDir);
  const { checkpoint, warnings } =
    from === undefined
      ? await latestCheckpoint(runDir)
      : { checkpoint: { folder: from, state: await checkCheckpoint(from) }, warnings: [] };
  for (const message of warnings) listener({ type: "warning", message });
  if (checkpoint === null) {
    if (resume === "auto") return null;
    throw new UserError({
      place,
      message: "there is no checkpoint to resume from",
      cure: "Start the run without --resume, or use --resume auto.",
    });
  }
  const finishedStages = checkpoint.state.stages.filter(({ kind }) => kind !== "eval").length;
  refuseChanges(checkpoint.state.recipe, recipeOf(plan), { finishedStages, file: join(runDir, "recipe.yaml") });
  return checkpoint;
}

/** A reward whose version has changed since may score the same completion otherwise, and the run would not be the one that was started. */
function refuseOtherRewards(checkpoint: Checkpoint | null, { versions = {} }: Scorer, runDir: string): void {
  const before = (checkpoint?.state.trainer.reward_versions ?? {}) as Record<string, number>;
  const changed = Object.entries(versions).filter(([name, version]) => (before[name] ?? version) !== version);
  if (changed.length === 0) return;
  throw new UserError(
    changed.map(([name, version]) => ({
      place: { file: runDir },
      message: `the run was started with version ${before[name]} of the reward "${name}", which is of version ${version} now`,
      cure: "Go on with the old one, or start another run: --run-dir with a new folder.",
    })),
  );
}

/** What of a plan decides the run's numbers, as plain JSON. */
function recipeOf({ folder: _, recipeText: __, ...recipe }: RunPlan): Record<string, import("zod").core.util.JSONType> {
  return JSON.parse(JSON.stringify(recipe));
}

class Run {
  private progress: Progress;
  private lastLogged = 0;
  /** the model's config.json, read at the start: the checkpoint that it came from may be removed during the run */
  private config: Uint8Array = new Uint8Array();
  private readonly started = performance.now();
  /** of the stage under way */
  private runner: StageRunner | null = null;

  constructor(
    private readonly plan: RunPlan,
    private readonly control: RunControl,
    private readonly crew: Crew,
    private readonly log: MetricsLog,
    private readonly checkpoint: Checkpoint | null,
  ) {
    this.progress = checkpoint === null ? { ...FRESH } : progressOf(checkpoint);
  }

  async all(): Promise<RunSummary> {
    const { plan, control, crew, checkpoint, log } = this;
    this.config = await readFile(join(crew.configFolder, "config.json"));
    await log.truncateTo(checkpoint?.state.metrics_lines ?? 0);
    // between two stages too: the weights that the engine started from are rounded where the model's files are of half precision
    if (checkpoint !== null) await crew.engine.loadState(checkpoint.folder, { optimizer: true });
    const info = await crew.engine.info();
    checkReferences(plan.stages, info.adapters);
    const resumedFrom = checkpoint === null ? null : { stage: checkpoint.state.stage.name, step: checkpoint.state.step };
    control.listener({ type: "run", folder: control.runDir, resumedFrom, parameters: info.parameters, device: info.executor });

    if (checkpoint === null && plan.evaluation.initial) await this.evaluateBeforeAll();
    while (this.progress.stageIndex < plan.stages.length && !control.signal.aborted) {
      await this.stage(plan.stages[this.progress.stageIndex]!);
    }
    const interrupted = this.progress.stageIndex < plan.stages.length;
    const summary = await this.report(info);
    control.listener({ type: "end", summary, interrupted });
    return summary;
  }

  private async evaluateBeforeAll(): Promise<void> {
    const started = performance.now();
    const result = await this.evaluate("initial", 0);
    if (result === null) return;
    const summary: StageSummary = {
      name: "initial",
      kind: "eval",
      steps: 0,
      wall_s: (performance.now() - started) / 1000,
      tokens_per_s: 0,
      eval: result,
    };
    this.progress.stages.push(summary);
    await this.append("initial", 0, {}, result);
    this.control.listener({ type: "stage_end", summary });
  }

  /** One stage from where it stands, to its end or to the step after which the run was told to stop. */
  private async stage(stage: Stage): Promise<void> {
    const { control, progress } = this;
    const runner = runnerOf(this.contextOf(stage), stage);
    this.runner = runner;
    control.listener({ type: "stage", name: stage.name, kind: stage.kind, steps: stage.steps, from: progress.step });
    if (progress.step === 0) {
      await this.crew.engine.resetOptimizer();
      await runner.begin();
    } else {
      // in the middle of a stage: this process goes on from the checkpoint
      await runner.load?.(this.checkpoint!.folder);
    }
    // saved when the device failed in the evaluation after the last step
    if (progress.step === stage.steps) return this.finish(stage, runner, {}, () => 0);
    const monitors = await this.monitorsOf(stage);
    let clock = performance.now();
    const lap = () => {
      const seconds = (performance.now() - clock) / 1000;
      clock = performance.now();
      progress.stageSeconds += seconds;
      return seconds;
    };
    while (progress.step < stage.steps) {
      // an evaluation's failures are in its own numbers
      this.crew.scorer.takeFailing?.();
      const { metrics, tokens, traffic } = await this.take(stage, runner);
      progress.step++;
      progress.policyVersion += updatesPerStep(stage);
      progress.stageTokens += tokens;
      const seconds = lap();
      const watched = monitors.observe(metrics);
      const all = { ...metrics, ...watched.metrics, ...traffic, step_time: seconds, "perf/tokens_per_s": tokens / seconds };
      const last = progress.step === stage.steps;
      const due = (every: number) => !last && every > 0 && progress.step % every === 0;
      control.listener({ type: "step", stage: stage.name, step: progress.step, steps: stage.steps, metrics: all });
      for (const message of watched.warnings)
        control.listener({ type: "warning", message: `${stage.name} step ${progress.step}: ${message}` });
      const failing = this.crew.scorer.takeFailing?.() ?? [];
      if (last) {
        await this.finish(stage, runner, all, lap);
        if (failing.length > 0) throw new UserError(failing);
        return;
      }
      const result = due(stage.eval_every) ? await this.evaluateAfter(stage, all) : null;
      await this.append(stage.name, progress.step, all, result);
      if (due(stage.save_every) || control.signal.aborted || failing.length > 0) await this.save(stage, result, false);
      if (failing.length > 0) throw new UserError(failing);
      if (control.signal.aborted) return;
    }
  }

  /** The next step, and what was copied to a device and back meanwhile. Where the device fails before an update, what was there is saved. */
  private async take(stage: Stage, runner: StageRunner) {
    const { engine } = this.crew;
    const { updates, traffic } = await engine.info();
    try {
      const step = await runner.step(this.progress.step);
      return { ...step, traffic: traffic === undefined ? {} : copied(traffic, (await engine.info()).traffic!) };
    } catch (error) {
      if (!isDeviceError(error)) throw error;
      const message = "the device failed in the middle of an update: the last checkpoint is what there is";
      if (updates === undefined || (await engine.info()).updates !== updates) this.control.listener({ type: "warning", message });
      else if (this.progress.step > 0) await this.saveAfterFailure(stage);
      throw error;
    }
  }

  /** The evaluation after a step. Where the device fails in it, the step is saved without. */
  private async evaluateAfter(stage: Stage, metrics: Record<string, number>): Promise<EvalResult | null> {
    try {
      return await this.evaluate(stage.name, this.progress.step);
    } catch (error) {
      if (isDeviceError(error)) {
        await this.append(stage.name, this.progress.step, metrics, null);
        await this.saveAfterFailure(stage);
      }
      throw error;
    }
  }

  /** A device that is gone took with it what lay on it alone. */
  private async saveAfterFailure(stage: Stage): Promise<void> {
    try {
      await this.save(stage, null, false);
    } catch (error) {
      if (!isDeviceError(error)) throw error;
      const message = "the device that failed had the weights: the last checkpoint is what there is";
      this.control.listener({ type: "warning", message });
    }
  }

  private async finish(stage: Stage, runner: StageRunner, metrics: Record<string, number>, lap: () => number): Promise<void> {
    const { progress, control } = this;
    await runner.end();
    const trainSeconds = progress.stageSeconds;
    const result = await this.evaluateAfter(stage, metrics);
    lap();
    await this.append(stage.name, progress.step, metrics, result);
    const summary: StageSummary = {
      name: stage.name,
      kind: stage.kind,
      steps: stage.steps,
      wall_s: progress.stageSeconds,
      tokens_per_s: progress.stageTokens / Math.max(1e-9, trainSeconds),
      eval: result ?? { n: 0, accuracy: 0, accuracy_low: 0, accuracy_high: 1, reward: null },
    };
    progress.stages.push(summary);
    progress.dataPosition += runner.examplesPerStep * stage.steps;
    await this.save(stage, result, true);
    control.listener({ type: "stage_end", summary });
    Object.assign(progress, { stageIndex: progress.stageIndex + 1, step: 0, stageSeconds: 0, stageTokens: 0, runnerState: null });
  }

  /** As they stood after the stage's steps so far, which a resumed stage has in its log. */
  private async monitorsOf({ name }: Stage): Promise<Monitors> {
    const rows = await readMetrics(join(this.control.runDir, "metrics.jsonl"));
    return Monitors.after(rows.filter(({ stage, step }) => stage === name && step > 0));
  }

  private contextOf(stage: Stage): StageContext {
    const { plan, control, progress, crew } = this;
    return {
      crew,
      seed: plan.seed,
      stage: stage.name,
      firstExample: progress.dataPosition,
      // the version counts updates: taking back those of this stage's steps gives its start
      firstVersion: progress.policyVersion - progress.step * updatesPerStep(stage),
      rolloutsFolder: plan.rollouts.write ? join(control.runDir, "rollouts") : null,
      state: progress.runnerState,
      noisy: plan.model.lora !== null && plan.model.lora.dropout > 0,
      warn: (message) => control.listener({ type: "warning", message }),
      onSampled: (done, total) => control.listener({ type: "progress", what: "sample", done, total }),
    };
  }

  private async evaluate(stage: string, step: number): Promise<EvalResult | null> {
    const { plan, crew, control, progress } = this;
    if (crew.held === null) return null;
    const result = await evaluatePolicy(plan, crew, crew.held, { stage, step, policyVersion: progress.policyVersion }, (done, total) =>
      control.listener({ type: "progress", what: "eval", done, total }),
    );
    const { metric } = plan.checkpoints;
    const value = result[metric];
    if (typeof value === "number" && (progress.best === null || value >= progress.best.value))
      progress.best = { metric, value, stage, step };
    control.listener({ type: "eval", stage, step, result });
    return result;
  }

  private async append(stage: string, step: number, metrics: Record<string, number>, result: EvalResult | null): Promise<void> {
    const before = this.plan.stages.slice(0, this.progress.stageIndex).reduce((sum, { steps }) => sum + steps, 0);
    const evaluated = Object.entries(result ?? {}).map(([name, value]) => [`eval_${name}`, value]);
    await this.log.append({ stage, step, total_step: before + step, ...metrics, ...Object.fromEntries(evaluated) });
    // the picture of the run so far, now and then
    if (result !== null || performance.now() - this.lastLogged > 30_000) {
      this.lastLogged = performance.now();
      await this.writeCurve();
    }
  }

  private async writeCurve(): Promise<void> {
    const { runDir } = this.control;
    await this.log.flush();
    const rows = await readMetrics(join(runDir, "metrics.jsonl"));
    await atomicWrite(join(runDir, "curve.svg"), curveSvg(rows, { title: this.plan.name }));
  }

  private async save(stage: Stage, evaluation: EvalResult | null, finished: boolean): Promise<void> {
    const { plan, control, crew, progress, log } = this;
    await log.flush();
    const { stageIndex, step, dataPosition, policyVersion, best, stages, stageSeconds, stageTokens } = progress;
    const json = <T>(value: unknown): T => JSON.parse(JSON.stringify(value)) as T;
    const folder = await saveCheckpoint(
      control.runDir,
      {
        stage: { index: stageIndex, name: stage.name },
        step,
        finished,
        policy_version: policyVersion,
        data_position: dataPosition,
        // every draw is derived from the seed and the place of its use, so no stream has a position to remember
        random: {},
        metrics_lines: log.lines,
        recipe: recipeOf(plan),
        evaluation: evaluation === null ? null : json(evaluation),
        best,
        stages: json(stages),
        trainer: {
          stage_seconds: stageSeconds,
          stage_tokens: stageTokens,
          seconds: this.seconds(),
          reward_versions: crew.scorer.versions ?? {},
          runner: json(this.runner?.state?.() ?? null),
        },
      },
      async (temporary) => {
        await crew.processor.save(temporary);
        await writeFile(join(temporary, "config.json"), this.config);
        await crew.engine.saveState(temporary, { optimizer: true });
        await this.runner?.save?.(temporary, step);
      },
    );
    await retain(control.runDir, plan.checkpoints);
    control.listener({ type: "checkpoint", stage: stage.name, step, folder });
  }

  private seconds(): number {
    return this.progress.seconds + (performance.now() - this.started) / 1000;
  }

  private async report({ parameters, model_type }: { parameters: number; model_type: string }): Promise<RunSummary> {
    const { plan, control, progress } = this;
    await this.writeCurve();
    const summary: RunSummary = {
      name: plan.name,
      seed: plan.seed,
      model: { parameters, model_type },
      checkpoint: (await latestCheckpoint(control.runDir)).checkpoint?.folder ?? "",
      reward_versions: this.crew.scorer.versions ?? {},
      wall_s: this.seconds(),
      stages: progress.stages,
    };
    await atomicWrite(join(control.runDir, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
    return summary;
  }
}

function progressOf({ state }: Checkpoint): Progress {
  const { trainer } = state;
  const base: Progress = {
    stageIndex: state.stage.index,
    step: state.step,
    dataPosition: state.data_position,
    policyVersion: state.policy_version,
    best: state.best,
    stages: state.stages as unknown as StageSummary[],
    stageSeconds: Number(trainer.stage_seconds),
    stageTokens: Number(trainer.stage_tokens),
    runnerState: (trainer.runner ?? null) as Progress["runnerState"],
    seconds: Number(trainer.seconds),
  };
  return state.finished ? { ...base, stageIndex: base.stageIndex + 1, step: 0, stageSeconds: 0, stageTokens: 0, runnerState: null } : base;
}

/** Metrics of what was copied to a device and back between two moments, bytes. */
function copied(before: Traffic, after: Traffic): Record<string, number> {
  return { "device/bytes_in": after.toDevice - before.toDevice, "device/bytes_out": after.toHost - before.toHost };
}
