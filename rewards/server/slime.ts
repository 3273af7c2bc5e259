import { z } from "zod";
import { defineRoute, labelFields } from "./define.ts";

/**
 * slime's `--rm-type remote_rm`: a post a sample; the answer is the reward itself, or an object of which `--reward-key` names one.
 * We answer with the object: `--reward-key reward`.
 */
export const slime = defineRoute({
  name: "slime",
  speaks: "slime, --rm-type remote_rm --reward-key reward",
  body: z.object({ prompt: z.unknown(), response: z.string(), label: z.unknown() }),
  asked: ({ prompt, response, label }, { labelField }) => [
    { completion: response, fields: { prompt, ...(label === undefined || label === null ? {} : labelFields(label, labelField)) } },
  ],
  groups: false,
  skips: false,
  reply: ([answer]) => ({ ...answer!.scores, reward: answer!.reward }),
});
