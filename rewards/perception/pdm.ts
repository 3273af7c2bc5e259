import { z } from "zod";
import { defineReward } from "../define.ts";
import { corners, insidePolygon, type Pose, progressAlong, touches, wrapped } from "../geometry/poses.ts";
import { drivingOptions, needsCodebook, writtenPlan } from "./driving.ts";

const Place = z.tuple([z.number(), z.number()]);
const Target = z.object({
  lane: z.array(Place).min(3).max(256),
  reference: z.array(Place).min(2).max(256),
  obstacles: z
    .array(z.object({ center: Place, radius: z.number().gt(0), parked: z.boolean().default(false) }))
    .max(256)
    .default([]),
});
type World = z.infer<typeof Target>;
type Car = [width: number, length: number];

export interface PdmParts {
  nc: number;
  dac: number;
  ep: number;
  ttc: number;
  c: number;
}

/** NC * DAC * (5 EP + 5 TTC + 2 C) / 12, in [0, 1]. Source: the PDM score of NAVSIM (arXiv:2406.15349), as in AutoVLA (arXiv:2506.13757). */
export function pdmScore({ nc, dac, ep, ttc, c }: PdmParts): number {
  return (nc * dac * (5 * ep + 5 * ttc + 2 * c)) / 12;
}

/** Less progress than this on offer, in meters, and every safe plan makes enough. */
const LITTLE_PROGRESS = 5;
/** Bounds of comfort: m/s^2 ahead, back and sideways, rad/s. Source: nuPlan. */
const COMFORT = { ahead: 2.4, back: -4.05, sideways: 4.89, turning: 0.95 };

/** For the examples: a lane of 6 m with an obstacle 30 m ahead. */
const STREET = {
  lane: [
    [-5, -3],
    [50, -3],
    [50, 3],
    [-5, 3],
  ],
  reference: [
    [0, 0],
    [8, 0],
  ],
  obstacles: [{ center: [30, 0], radius: 1 }],
};

/**
 * The driving score of a written plan in a flat world: NC * DAC * (5 EP + 5 TTC + 2 C) / 12.
 *
 *   NC   0 where the car touches an obstacle, 1/2 where all it touches is parked, else 1
 *   DAC  1 where every corner of the car stays in the lane, else 0
 *   EP   progress along the reference over the reference's length, at most 1; 1 for a safe plan where the reference is 5 m or less
 *   TTC  1 where the car, going on as it does, would touch nothing within 0.9 s of any pose, else 0
 *   C    1 where acceleration and turning stay within nuPlan's bounds, else 0
 * Target: { lane: polygon, reference: path, obstacles: { center, radius, parked } }, in meters from the car's start, x ahead.
 * Read as `driving.ts` says. Returns [0, 1]; 0 without a plan. Metrics: `nc`, `dac`, `ep`, `ttc`, `c`.
 * Source: AutoVLA (arXiv:2506.13757) for the aggregate; the world stands in for NAVSIM's maps and simulator.
 */
export const pdm = defineReward({
  name: "pdm",
  target: Target,
  field: "world",
  options: z
    .strictObject({
      ...drivingOptions,
      car: z
        .tuple([z.number().gt(0), z.number().gt(0)])
        .default([2, 4.8])
        .describe("width and length, meters"),
    })
    .refine(needsCodebook, "actions are read by a codebook; give one"),
  range: [0, 1],
  examples: [
    { completion: "(2,0) (4,0) (6,0) (8,0)", target: STREET, options: { steps: 4 }, score: 1 },
    { completion: "(2,4) (4,4) (6,4) (8,4)", target: STREET, options: { steps: 4 }, score: 0 },
  ],
  score({ completion, target, options }) {
    const plan = writtenPlan(completion, options);
    if (plan === null) return { score: 0, metrics: { nc: 0, dac: 0, ep: 0, ttc: 0, c: 0 } };
    const parts = pdmParts(plan, target, options);
    return { score: pdmScore(parts), metrics: { ...parts } };
  },
});

export function pdmParts(plan: Pose[], world: World, { car, step_s }: { car: Car; step_s: number }): PdmParts {
  const hit = (pose: Pose) => world.obstacles.filter(({ center, radius }) => touches(pose, car, center, radius));
  const collisions = plan.flatMap(hit);
  const nc = collisions.length === 0 ? 1 : collisions.every(({ parked }) => parked) ? 0.5 : 0;
  const dac = plan.every((pose) => corners(pose, car).every((corner) => insidePolygon(corner, world.lane))) ? 1 : 0;
  const { reached, length } = progressAlong(world.reference, [plan.at(-1)![0], plan.at(-1)![1]]);
  const ep = length <= LITTLE_PROGRESS ? nc * dac : Math.min(1, reached / length);
  const speeds = velocities(plan, step_s);
  const ahead = plan.flatMap(([x, y, heading], i) =>
    [0.3, 0.6, 0.9].map((t): Pose => [x + speeds[i]![0] * t, y + speeds[i]![1] * t, heading]),
  );
  const ttc = ahead.some((pose) => hit(pose).length > 0) ? 0 : 1;
  return { nc, dac, ep, ttc, c: comfortable(plan, speeds, step_s) ? 1 : 0 };
}

/** Velocity of the step that leads to each pose, m/s. */
function velocities(plan: Pose[], step_s: number): [number, number][] {
  return plan.map(([x, y], i) => {
    const before = plan[i - 1] ?? [0, 0, 0];
    return [(x - before[0]) / step_s, (y - before[1]) / step_s];
  });
}

/** Changes between steps of the plan; what the car did before its first step is not known. */
function comfortable(plan: Pose[], speeds: [number, number][], step_s: number): boolean {
  return plan.slice(1).every(([, , heading], i) => {
    const [from, to] = [speeds[i]!, speeds[i + 1]!];
    const change = [(to[0] - from[0]) / step_s, (to[1] - from[1]) / step_s] as const;
    const along = change[0] * Math.cos(heading) + change[1] * Math.sin(heading);
    const across = change[1] * Math.cos(heading) - change[0] * Math.sin(heading);
    const turning = Math.abs(wrapped(heading - plan[i]![2])) / step_s;
    return along <= COMFORT.ahead && along >= COMFORT.back && Math.abs(across) <= COMFORT.sideways && turning <= COMFORT.turning;
  });
}
