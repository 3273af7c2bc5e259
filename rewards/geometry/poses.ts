import type { Point } from "./coordinates.ts";

/** Place in meters and heading in radians, x forward and y to the left of the start. */
export type Pose = [x: number, y: number, heading: number];

/** Poses after each move, the start (0, 0, 0) left out; a move is given in the frame of the pose before it. */
export function followed(moves: readonly Readonly<Pose>[]): Pose[] {
  let [x, y, heading] = [0, 0, 0];
  return moves.map(([dx, dy, turn]): Pose => {
    [x, y] = [x + dx * Math.cos(heading) - dy * Math.sin(heading), y + dx * Math.sin(heading) + dy * Math.cos(heading)];
    heading = wrapped(heading + turn);
    return [x, y, heading];
  });
}

/** The same angle in (-pi, pi]. */
export function wrapped(angle: number): number {
  const turned = angle % (2 * Math.PI);
  if (turned > Math.PI) return turned - 2 * Math.PI;
  return turned <= -Math.PI ? turned + 2 * Math.PI : turned;
}

/** Headings of points that have none: along the step to each, the one before where a step has no length. */
export function withHeadings(points: readonly Point[]): Pose[] {
  let before: Pose = [0, 0, 0];
  return points.map(([x, y]): Pose => {
    const [dx, dy] = [x - before[0], y - before[1]];
    before = [x, y, dx === 0 && dy === 0 ? before[2] : Math.atan2(dy, dx)];
    return before;
  });
}

/** Corners of a car: front left, front right, rear right, rear left. Size: width, length. */
export function corners([x, y, heading]: Readonly<Pose>, [width, length]: readonly [number, number]): Point[] {
  const [forward, side] = [
    [Math.cos(heading), Math.sin(heading)],
    [-Math.sin(heading), Math.cos(heading)],
  ] as [Point, Point];
  return [
    [1, 1],
    [1, -1],
    [-1, -1],
    [-1, 1],
  ].map(
    ([f, s]): Point => [
      x + ((f! * length) / 2) * forward[0] + ((s! * width) / 2) * side[0],
      y + ((f! * length) / 2) * forward[1] + ((s! * width) / 2) * side[1],
    ],
  );
}

/** Whether a disc touches a car. */
export function touches(
  pose: Readonly<Pose>,
  [width, length]: readonly [number, number],
  center: Readonly<Point>,
  radius: number,
): boolean {
  const [dx, dy] = [center[0] - pose[0], center[1] - pose[1]];
  const along = Math.abs(dx * Math.cos(pose[2]) + dy * Math.sin(pose[2]));
  const across = Math.abs(dy * Math.cos(pose[2]) - dx * Math.sin(pose[2]));
  return Math.hypot(Math.max(0, along - length / 2), Math.max(0, across - width / 2)) <= radius;
}

/** Whether a point lies inside a polygon, by crossings. */
export function insidePolygon([x, y]: Readonly<Point>, polygon: readonly Point[]): boolean {
  let inside = false;
  for (const [i, [x1, y1]] of polygon.entries()) {
    const [x2, y2] = polygon[(i + 1) % polygon.length]!;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
}

/** How far along a path the nearest place to a point is, and how long the path is. */
export function progressAlong(path: readonly Point[], [x, y]: Readonly<Point>): { reached: number; length: number } {
  let [length, reached, nearest] = [0, 0, Number.POSITIVE_INFINITY];
  for (let i = 1; i < path.length; i++) {
    const [[x1, y1], [x2, y2]] = [path[i - 1]!, path[i]!];
    const step = Math.hypot(x2 - x1, y2 - y1);
    const share = step > 0 ? Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / step ** 2)) : 0;
    const apart = Math.hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1));
    if (apart < nearest) [nearest, reached] = [apart, length + share * step];
    length += step;
  }
  return { reached, length };
}
