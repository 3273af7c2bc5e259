import type { AnyReward } from "../define.ts";
import { boxedAnswerFormat } from "./boxed-answer-format.ts";
import { cosineLength } from "./cosine-length.ts";
import { toolCuriosity } from "./curiosity.ts";
import { groupDiversity } from "./diversity.ts";
import { formatPenalty } from "./format-penalty.ts";
import { gatedLength } from "./gated-length.ts";
import { groupLengths } from "./group-length.ts";
import { hasTags } from "./has-tags.ts";
import { jsonFormat } from "./json-format.ts";
import { language } from "./language.ts";
import { languageMix } from "./language-mix.ts";
import { lengthTarget } from "./length-target.ts";
import { repetition } from "./repetition.ts";
import { shortAnswer } from "./short-answer.ts";
import { softOverlong } from "./soft-overlong.ts";
import { tagFormat } from "./tag-format.ts";
import { thinkFormat } from "./think-format.ts";
import { thinkRatio } from "./think-ratio.ts";
import { toolRepaired } from "./tool-repaired.ts";
import { toolSuccess } from "./tool-success.ts";

/** Rewards of form, length and manner, which know nothing of being right. */
export const shaping: AnyReward[] = [
  boxedAnswerFormat,
  cosineLength,
  formatPenalty,
  gatedLength,
  groupDiversity,
  groupLengths,
  hasTags,
  jsonFormat,
  language,
  languageMix,
  lengthTarget,
  repetition,
  shortAnswer,
  softOverlong,
  tagFormat,
  thinkFormat,
  thinkRatio,
  toolCuriosity,
  toolRepaired,
  toolSuccess,
];
