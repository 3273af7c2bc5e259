/**
 * What goes wrong with rewards while nothing fails: watched over the steps of a stage, as metrics and as a warning where a bound is passed for several
 * steps on end. Each step is judged by its own metrics and those before it, so that a resumed stage goes on where it stood.
 */
import type { Rollout } from "../core/types.ts";

/** Steps at the start that are what later ones are held against, and steps at the end that are. */
const WINDOW = 10;
/** Steps on end that a bound has to be passed for. */
const PATIENCE = 5;

/** Bounds, chosen so that a run that learns keeps within them. */
const BOUNDS = {
  /** of a part that is not the outcome, share of the reward's variance: less than a fifth is left for being right */
  share: 0.8,
  /** share of groups without variance: four of five prompts are sampled for nothing */
  collapsed: 0.8,
  /** mean length beside that of the first steps, either way */
  drift: 2,
  /** gains in standard deviations of the first steps: the reward has learned something, and the outcome has not */
  rewardGain: 0.5,
  outcomeGain: 0.1,
} as const;

/**
 * What a step's rollouts [P][G] say alone:
 *
 *   monitor/collapsed_groups      share of groups whose rewards are all equal: nothing is learned from them
 *   monitor/variance_share/<part> squared correlation of a part's score with the reward, both relative to their group as advantages are: the
 *                                 share of the reward's variance that the part explains. Not of the outcome, nor where nothing varies.
 *   monitor/outcome_std           standard deviation of the outcome over the step
 */
export function monitorMetrics(groups: readonly (readonly Rollout[])[]): Record<string, number> {
  const rewards = groups.map((group) => group.flatMap(({ reward }) => (reward === null ? [] : [reward])));
  const outcomes = groups.flat().flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
  const names = new Set(groups.flat().flatMap(({ parts }) => parts.map(({ name }) => name)));
  const shares = [...names].flatMap((name): [string, number][] => {
    if (groups.flat().every((rollout) => (scoreOf(rollout, name) ?? rollout.outcome) === rollout.outcome)) return [];
    const share = varianceShare(groups, name);
    return share === null ? [] : [[`monitor/variance_share/${name}`, share]];
  });
  return {
    ...(groups.length === 0
      ? {}
      : { "monitor/collapsed_groups": rewards.filter((group) => new Set(group).size <= 1).length / groups.length }),
    ...Object.fromEntries(shares),
    ...(outcomes.length === 0 ? {} : { "monitor/outcome_std": deviation(outcomes) }),
  };
}

function varianceShare(groups: readonly (readonly Rollout[])[], name: string): number | null {
  let [xx, xy, yy] = [0, 0, 0];
  for (const group of groups) {
    const pairs = group.flatMap((rollout) => {
      const score = scoreOf(rollout, name);
      return score === null || rollout.reward === null ? [] : [[score, rollout.reward] as const];
    });
    const [meanX, meanY] = [mean(pairs.map(([x]) => x)), mean(pairs.map(([, y]) => y))];
    for (const [x, y] of pairs) {
      xx += (x - meanX) ** 2;
      xy += (x - meanX) * (y - meanY);
      yy += (y - meanY) ** 2;
    }
  }
  return xx === 0 || yy === 0 ? null : Math.min(1, xy ** 2 / (xx * yy));
}

function scoreOf({ parts }: Rollout, name: string): number | null {
  const outcome = parts.find((part) => part.name === name)?.outcome;
  return outcome?.kind === "score" ? outcome.score : null;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}

/** A step's metrics, as they are logged: null for what is no number. */
type Row = Readonly<Record<string, unknown>>;

/** The monitors of a stage. What a step has no numbers of is not watched, as in SFT. */
export class Monitors {
  private readonly history = {
    length: new Series(),
    reward: new Series(),
    outcome: new Series(),
    rewardStd: new Series(),
    outcomeStd: new Series(),
  };
  /** steps on end for which each bound has been passed, by the warning's key */
  private readonly passed = new Map<string, number>();

  /** Monitors of a stage that has run before: `rows` are its logged steps. Warnings of those are not given again. */
  static after(rows: readonly Row[]): Monitors {
    const monitors = new Monitors();
    for (const row of rows) monitors.observe(row);
    return monitors;
  }

  /**
   * One more step. Besides what warnings there are it gives, once there are steps to hold it against:
   *
   *   monitor/length_drift   mean length of the last steps as a share of that of the first
   *   monitor/reward_gain    mean reward of the last steps above that of the first, in standard deviations of the first
   *   monitor/outcome_gain   the outcome's likewise
   */
  observe(row: Row): { metrics: Record<string, number>; warnings: string[] } {
    const { length, reward, outcome, rewardStd, outcomeStd } = this.history;
    length.add(row["completions/mean_length"]);
    reward.add(row.reward);
    outcome.add(row["reward/outcome/mean"]);
    rewardStd.add(row.reward_std);
    outcomeStd.add(row["monitor/outcome_std"]);
    const gains = { reward: reward.gain(rewardStd), outcome: outcome.gain(outcomeStd) };
    const drift = length.drift();
    return {
      metrics: {
        ...(drift === null ? {} : { "monitor/length_drift": drift }),
        ...(gains.reward === null ? {} : { "monitor/reward_gain": gains.reward }),
        ...(gains.outcome === null ? {} : { "monitor/outcome_gain": gains.outcome }),
      },
      warnings: [...this.ofStep(row), ...this.ofCourse(drift, gains)],
    };
  }

  private ofStep(row: Row): string[] {
    const collapsed = row["monitor/collapsed_groups"];
    const shares = Object.entries(row).filter(
      (entry): entry is [string, number] => entry[0].startsWith(SHARE) && typeof entry[1] === "number",
    );
    return [
      ...this.warn(
        "collapsed",
        typeof collapsed === "number" && collapsed > BOUNDS.collapsed,
        () =>
          `${percent(collapsed as number)} of the groups have equal rewards throughout: little is learned. Are the rows too easy or too hard?`,
      ),
      ...shares.flatMap(([key, share]) =>
        this.warn(
          key,
          share > BOUNDS.share,
          () =>
            `"${key.slice(SHARE.length)}" decides ${percent(share)} of the reward's variance, and is not the outcome. Should it weigh less?`,
        ),
      ),
    ];
  }

  private ofCourse(drift: number | null, gains: { reward: number | null; outcome: number | null }): string[] {
    const drifted = drift !== null && (drift > BOUNDS.drift || drift < 1 / BOUNDS.drift);
    const hacked = (gains.reward ?? 0) > BOUNDS.rewardGain && gains.outcome !== null && gains.outcome < BOUNDS.outcomeGain;
    return [
      ...this.warn(
        "drift",
        drifted,
        () => `completions are ${drift!.toFixed(1)} times as long as in the first steps. Does a reward pay for length?`,
      ),
      ...this.warn(
        "hacked",
        hacked,
        () =>
          `the reward has risen by ${gains.reward!.toFixed(1)} standard deviations and the outcome by ${gains.outcome!.toFixed(1)}: what is paid for may not be what is wanted. Read rollouts, and \`vlrl reward audit\`.`,
      ),
    ];
  }

  /** A warning where the bound has been passed for so many steps on end, once until it is kept again. */
  private warn(key: string, isPassed: boolean, message: () => string): string[] {
    const steps = isPassed ? (this.passed.get(key) ?? 0) + 1 : 0;
    this.passed.set(key, steps);
    return steps === PATIENCE ? [`for ${PATIENCE} steps now ${message()}`] : [];
  }
}

const SHARE = "monitor/variance_share/";

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** The first and the last values of a metric; what is no number is passed over. */
class Series {
  private readonly first: number[] = [];
  private last: number[] = [];

  add(value: unknown): void {
    if (typeof value !== "number" || !Number.isFinite(value)) return;
    if (this.first.length < WINDOW) this.first.push(value);
    else this.last = [...this.last.slice(1 - WINDOW), value];
  }

  /** Null until there are as many steps at the end as at the start. */
  drift(): number | null {
    const start = mean(this.first);
    return this.last.length < WINDOW || start === 0 ? null : mean(this.last) / start;
  }

  /** In units of the other's mean over the first steps. */
  gain(std: Series): number | null {
    const unit = mean(std.first);
    return this.last.length < WINDOW || unit === 0 ? null : (mean(this.last) - mean(this.first)) / unit;
  }
}
