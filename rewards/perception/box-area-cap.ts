import { z } from "zod";
import { defineReward } from "../define.ts";
import { Coordinates, frameOf, pictureSize, readBox } from "../geometry/coordinates.ts";
import { boxArea } from "../geometry/overlap.ts";
import { NO_PICTURE } from "./box-reading.ts";

const Size = z.object({ width: z.number().gt(0), height: z.number().gt(0) });
const FOUR = /\[\s{0,8}([0-9]{1,6})\s{0,8},\s{0,8}([0-9]{1,6})\s{0,8},\s{0,8}([0-9]{1,6})\s{0,8},\s{0,8}([0-9]{1,6})\s{0,8}\]/g;

/** The one list of four whole numbers in the first pair of tags; null for none, for more than one, or for no pair. */
function onlyList(completion: string, tag: string): [number, number, number, number] | null {
  const start = completion.indexOf(`<${tag}>`);
  const end = completion.indexOf(`</${tag}>`, start);
  if (start < 0 || end < 0) return null;
  const lists = completion.slice(start, end).matchAll(FOUR);
  const first = lists.next();
  if (first.done || !lists.next().done) return null;
  return first.value.slice(1, 5).map(Number) as [number, number, number, number];
}

/**
 * Whether the region a completion asks to see is at most `gamma` of the picture: 1 or 0. Without it the whole picture is the best region.
 *
 * Read from the first `<zoom>[x1, y1, x2, y2]</zoom>`, whole numbers, by default in pixels of the picture as it was shown; clamped to the
 * picture. A region that can't be read or has no area stands for the whole picture, which is too large. Target: { width, height } of the picture, pixels.
 * Metrics: `area`, its share of the picture. Source: ERGO (arXiv:2509.21991), r_box, gamma 0.6.
 */
export const boxAreaCap = defineReward({
  name: "box_area_cap",
  target: Size,
  field: "image",
  options: z.strictObject({
    gamma: z.number().gt(0).max(1).default(0.6).describe("the largest share of the picture"),
    tag: z
      .string()
      .regex(/^[A-Za-z_]+$/)
      .default("zoom")
      .describe("the tag around the region"),
    coordinates: Coordinates.unwrap()
      .prefault({ units: "resized", max_pixels: 640 * 784, shrink: "round" })
      .describe("how the region is written"),
  }),
  range: [0, 1],
  examples: [
    { completion: "<zoom>[0, 0, 200, 200]</zoom>", target: { width: 640, height: 480 }, score: 1 },
    { completion: "<zoom>[0, 0, 640, 480]</zoom>", target: { width: 640, height: 480 }, score: 0 },
  ],
  score({ completion, target, options: { gamma, tag, coordinates } }) {
    const picture = pictureSize({ target }, "target");
    const frame = frameOf({ ...coordinates, picture: "target" }, { target });
    if (frame === null || picture === null) return NO_PICTURE;
    const list = onlyList(completion, tag);
    const box = list === null ? null : readBox(list, frame);
    if (box === null) return { score: 0, metrics: { area: 1 } };
    const [x1, y1, x2, y2] = box;
    const inside = boxArea([Math.max(0, x1), Math.max(0, y1), Math.min(picture.width, x2), Math.min(picture.height, y2)]);
    if (!(x1 < picture.width && y1 < picture.height && inside > 0)) return { score: 0, metrics: { area: 1 } };
    const area = inside / (picture.width * picture.height);
    return { score: area <= gamma + 1e-12 ? 1 : 0, metrics: { area } };
  },
});
