import type { Judge, JudgeAnswer } from "./define.ts";
import { questionKey, type Record } from "./record.ts";

/**
 * A judge that is asked each question once: answers are kept by content, the same question under way is waited for, and after `budget`
 * questions the rest fail rather than be answered with a number that nobody gave. Failures are not kept.
 */
export function remembering(judge: Judge, record: Record, budget: number | null): Judge {
  const underWay = new Map<string, Promise<JudgeAnswer>>();
  let left = budget ?? Number.POSITIVE_INFINITY;
  return {
    identity: judge.identity,
    close: () => judge.close?.() ?? Promise.resolve(),
    ask(question) {
      const { sample = 0 } = question;
      const key = questionKey(question);
      const known = record.get(key, sample);
      if (known !== undefined) return Promise.resolve({ kind: "answer", text: known });
      const id = `${key}:${sample}`;
      const asked = underWay.get(id);
      if (asked !== undefined) return asked;
      if (left === 0) return Promise.resolve({ kind: "error", message: `the judge's budget of ${budget} questions is spent` });
      left--;
      const answer = judge.ask(question).then(async (said) => {
        if (said.kind === "answer") await record.add(key, sample, said.text);
        underWay.delete(id);
        return said;
      });
      underWay.set(id, answer);
      return answer;
    },
  };
}

/** Answers that were kept, whoever gave them. */
export function recordedJudge(record: Record): Judge {
  return {
    identity: {},
    async ask(question) {
      const text = record.get(questionKey(question), question.sample ?? 0);
      return text === undefined ? { kind: "error", message: "the record has no answer to this question" } : { kind: "answer", text };
    },
  };
}
