import { z } from "zod";
import { episode } from "../turns.ts";
import { WrittenTurns } from "../written-turns.ts";
import { defineRoute, labelFields } from "./define.ts";

/**
 * slime's `--rm-type remote_rm`: a post a sample; the answer is the reward itself, or an object of which `--reward-key` names one.
 * We answer with the object: `--reward-key reward`. A caller of one's own may send `turns`, which make up the response.
 */
export const slime = defineRoute({
  name: "slime",
  speaks: "slime, --rm-type remote_rm --reward-key reward",
  body: z.object({ prompt: z.unknown(), response: z.string(), label: z.unknown(), turns: WrittenTurns.optional() }),
  asked: ({ prompt, response, label, turns }, { labelField }) => [
    {
      ...(turns === undefined ? { completion: response } : episode(turns)),
      fields: { prompt, ...(label === undefined || label === null ? {} : labelFields(label, labelField)) },
    },
  ],
  groups: false,
  skips: false,
  reply: ([answer]) => ({ ...answer!.scores, reward: answer!.reward }),
});
