import { registry } from "../core/registry.ts";
import { answer } from "./answer.ts";
import { boxIou } from "./box-iou.ts";
import { boxes } from "./boxes.ts";
import type { RewardDefinition } from "./define.ts";
import { format } from "./format.ts";
import { random } from "./random.ts";
import { steps } from "./steps.ts";
import { verifiable } from "./verifiable/index.ts";

export const rewards = registry<RewardDefinition>("reward", [answer, boxIou, boxes, format, random, steps, ...verifiable]);
