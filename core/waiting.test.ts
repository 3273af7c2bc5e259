import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { OverTimeError, waitsInQueue, withinOwnTime } from "./waiting.ts";

test("work that runs longer than its limit fails, and what it throws itself goes through", async () => {
  await expect(withinOwnTime(20, () => sleep(5000, 1, { ref: false }))).rejects.toBeInstanceOf(OverTimeError);
  await expect(
    withinOwnTime(5000, async () => {
      throw new Error("broken");
    }),
  ).rejects.toThrow("broken");
  expect(await withinOwnTime(5000, async () => 7)).toBe(7);
});

test("time in a queue does not count, time before and behind it does", async () => {
  const queued = (beforeMs: number, waitMs: number, behindMs: number) => async () => {
    await sleep(beforeMs);
    const taken = waitsInQueue();
    await sleep(waitMs);
    taken();
    await sleep(behindMs);
    return "done";
  };
  // 400 ms in all, of which 300 wait
  expect(await withinOwnTime(250, queued(50, 300, 50))).toBe("done");
  // 5050 ms run behind the wait
  await expect(withinOwnTime(250, queued(50, 300, 5000))).rejects.toBeInstanceOf(OverTimeError);
});

test("several queues at once: the time goes on when none is waited for", async () => {
  const work = async () => {
    const [first, second] = [waitsInQueue(), waitsInQueue()];
    first();
    first(); // twice is once
    await sleep(300);
    second();
    return "done";
  };
  expect(await withinOwnTime(150, work)).toBe("done");
});

test("outside of a limit a queue may be waited for all the same", () => {
  expect(waitsInQueue()()).toBeUndefined();
});
