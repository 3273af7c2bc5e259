import { registry } from "../core/registry.ts";
import { answer } from "./answer.ts";
import { boxIou } from "./box-iou.ts";
import { boxes } from "./boxes.ts";
import type { AnyReward } from "./define.ts";
import { format } from "./format.ts";
import { judged } from "./judged/index.ts";
import { perception } from "./perception/index.ts";
import { random } from "./random.ts";
import { shaping } from "./shaping/index.ts";
import { stepLevel } from "./step-level/index.ts";
import { steps } from "./steps.ts";
import { verifiable } from "./verifiable/index.ts";

export const rewards = registry<AnyReward>("reward", [
  answer,
  boxIou,
  boxes,
  format,
  random,
  steps,
  ...verifiable,
  ...perception,
  ...shaping,
  ...stepLevel,
  ...judged,
]);
