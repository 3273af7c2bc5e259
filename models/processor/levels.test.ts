import { expect, test } from "vitest";
import { levelTable } from "./levels.ts";

const settings = { do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: [0.2, 0.1, 0], image_std: [1, 0.5, 0.1] };

test.each([
  // 51 / 255 = 0.2, then (0.2 - 0.2) / 1, (0.2 - 0.1) / 0.5, 0.2 / 0.1
  [settings, [0, 0.2, 2]],
  [{ ...settings, image_mean: 0.1, image_std: 0.4 }, [0.25, 0.25, 0.25]],
  [{ ...settings, do_normalize: false }, [0.2, 0.2, 0.2]],
  [{ ...settings, do_rescale: false }, [50.8, 101.8, 510]],
])("level 51 by %j", (given, expected) => {
  const table = levelTable(given);
  expected.forEach((value, channel) => {
    expect(table[channel * 256 + 51]).toBeCloseTo(value, 4);
  });
});
