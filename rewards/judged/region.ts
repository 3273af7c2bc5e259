import { z } from "zod";
import { isPicture } from "../ask.ts";
import { defineReward } from "../define.ts";
import { frameOf } from "../geometry/coordinates.ts";
import { cropped } from "../geometry/crop.ts";
import { askFor, JudgeFailed, judgeOptions } from "../judges/asked.ts";
import { fillQuestion, lastLabelled } from "../judges/question.ts";
import { askedRegion, regionOptions } from "../perception/asked-region.ts";
import { sameText } from "../shaping/text.ts";

const QUESTION = `{question}

Look at the picture. Write your reasons in a few sentences, then a last line: ANSWER: and the answer alone`;

const { judge } = judgeOptions;
const Options = z.strictObject({
  judge,
  ...regionOptions,
  question: z.string().min(1).default(QUESTION).describe("{any_field} is filled in; it has to ask for a line ANSWER:"),
});

/**
 * Whether the region that a completion asks to see is enough by itself: 1 where a judge that is shown this region of the picture and the question,
 * and nothing else, gives the right answer, else 0. Neither the whole picture nor what the policy wrote is shown to it.
 *
 * The region is read as `box_area_cap` reads it and cut from the picture in the field that `coordinates` name; the whole picture where it can't be read
 * or has no area. Target: the answer, compared by value or as text, case ignored. A judge that fails is a failure, never a 0. Metric: `area`, the
 * region's share of the picture. Source: ERGO (arXiv:2509.21991), r_region.
 */
export const judgeRegion = defineReward({
  name: "judge_region",
  target: z.string().regex(/\S/, "expected an answer that is not blank"),
  field: "answer",
  options: Options,
  range: [0, 1],
  needs: ["judges", "pictures"],
  examples: [
    {
      completion: "<zoom>[0, 0, 4, 4]</zoom>",
      target: "15",
      fields: { question: "Which number is it?", image: { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3) } },
      options: { judge: "teacher" },
      judge: "It reads 15.\nANSWER: 15",
      score: 1,
    },
  ],
  async score({ completion, target, options, example, judges }) {
    const { tag, coordinates, judge, question } = options;
    const picture = example[coordinates.picture];
    const frame = frameOf(coordinates, example);
    if (!isPicture(picture) || frame === null) {
      throw new JudgeFailed({ kind: "error", message: `needs a picture in ${coordinates.picture}, to cut the region from` });
    }
    const box = askedRegion(completion, tag, frame);
    const region = (box === null ? null : cropped(picture, box)) ?? picture;
    const prompt = fillQuestion(question, {}, example);
    const asking = { judges, pictures: [region], options: { judge, pictures: true } };
    const said = await askFor(asking, prompt, (text) => lastLabelled(text, "answer"));
    const area = (region.width * region.height) / (picture.width * picture.height);
    return { score: sameText(said, target) ? 1 : 0, metrics: { area } };
  },
});
