/** Entry of a reward thread: loads users' reward files and answers questions about them, one at a time. */
import { parentPort } from "node:worker_threads";
import { problemText, RecipeError } from "../../core/errors.ts";
import { askAll, type PreparedReward, targetProblems } from "../ask.ts";
import { failureKind } from "../outcome.ts";
import { blame } from "./blame.ts";
import { loadReward } from "./load.ts";
import type { Answer, Question } from "./protocol.ts";

// What a reward prints must not land in the command's own output, which may be JSON.
process.stdout.write = process.stderr.write.bind(process.stderr);

const port = parentPort!;
const loaded = new Map<number, { path: string; reward: PreparedReward }>();

async function answer(question: Question): Promise<Answer> {
  if (question.kind === "load") {
    try {
      const reward = await loadReward(question.file);
      loaded.set(question.key, { path: question.file.path, reward });
      const { name, version = 1, scope = "completion", needs = [] } = reward.definition;
      return { kind: "loaded", facts: { name, version, scope, field: reward.field, needs: [...needs] } };
    } catch (error) {
      if (error instanceof RecipeError) return { kind: "refused", problem: error.problems[0]! };
      throw error;
    }
  }
  const { path, reward } = loaded.get(question.key)!;
  if (question.kind === "check") {
    try {
      return { kind: "checked", problems: await targetProblems(reward, question.fields) };
    } catch (thrown) {
      return { kind: "checked", problems: [`could not check ${reward.field}: ${problemText(blame(thrown, path))}`] };
    }
  }
  try {
    return { kind: "outcomes", outcomes: await askAll(reward, question.members) };
  } catch (thrown) {
    const message = problemText(blame(thrown, path));
    return { kind: "outcomes", outcomes: question.members.map(() => ({ kind: failureKind(thrown), message })) };
  }
}

port.on("message", (question: Question) => {
  answer(question).then((reply) => port.postMessage(reply));
});
port.postMessage({ kind: "ready" } satisfies Answer);
