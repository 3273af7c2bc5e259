import { z } from "zod";
import { defineReward } from "../define.ts";
import { frameOf, pictureSize } from "../geometry/coordinates.ts";
import { boxArea } from "../geometry/overlap.ts";
import { askedRegion, regionOptions } from "./asked-region.ts";
import { NO_PICTURE } from "./box-reading.ts";

const Size = z.object({ width: z.number().gt(0), height: z.number().gt(0) });
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
    ...regionOptions,
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
    const box = askedRegion(completion, tag, frame);
    if (box === null) return { score: 0, metrics: { area: 1 } };
    const [x1, y1, x2, y2] = box;
    const inside = boxArea([Math.max(0, x1), Math.max(0, y1), Math.min(picture.width, x2), Math.min(picture.height, y2)]);
    if (!(x1 < picture.width && y1 < picture.height && inside > 0)) return { score: 0, metrics: { area: 1 } };
    const area = inside / (picture.width * picture.height);
    return { score: area <= gamma + 1e-12 ? 1 : 0, metrics: { area } };
  },
});
