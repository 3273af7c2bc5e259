import { expect, test } from "vitest";
import { UserError } from "../../core/errors.ts";
import { fakeTerminal } from "../../tests/fake-terminal.ts";
import { rewardList, rewardShow } from "./reward-list.ts";

test("list: a line a reward, filtered by words", async () => {
  const terminal = fakeTerminal({ width: () => 120 });
  expect(await rewardList(["shaping", "tag"], {}, terminal)).toBe(0);
  const lines = terminal.printed.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^reward +family +target +scope +range +what it pays for$/);
  expect(lines.find((line) => line.startsWith("tag_format"))).toMatch(/shaping +– +completion +0 to 1 +Whether the completion/);
  expect(lines.every((line) => line.length <= 120)).toBe(true);
  expect(terminal.printed).not.toContain("box_overlap");
  await expect(rewardList(["nothing at all"], {}, terminal)).rejects.toThrow(UserError);
});

test("list --json: one object a line, none where nothing fits", async () => {
  const terminal = fakeTerminal();
  await rewardList(["judge_binary"], { json: true }, terminal);
  expect(JSON.parse(terminal.printed)).toMatchObject({
    name: "judge_binary",
    family: "judged",
    range: [0, 1],
    file: "rewards/judged/binary.ts",
  });
  const empty = fakeTerminal();
  expect(await rewardList(["nothing at all"], { json: true }, empty)).toBe(0);
  expect(empty.printed).toBe("");
});

test("show: the comment, the target's and the options' schemas with defaults", async () => {
  const terminal = fakeTerminal();
  expect(await rewardShow("soft_overlong", {}, terminal)).toBe(0);
  expect(terminal.printed).toContain("arXiv:2503.14476");
  expect(terminal.printed).toMatch(/max_tokens: whole number.*, required/);
  expect(terminal.printed).toContain('form: "trl" | "verl" | "ms_swift", "trl" unless given');
  expect(terminal.printed).toContain("source   rewards/shaping/soft-overlong.ts");
  expect(terminal.printed).toContain("target   none is read");
  expect(terminal.printed).toContain("  tokens      90\n  score       -0.5\n");
});

test("show: an unknown name offers the nearest", async () => {
  await expect(rewardShow("anwser", {}, fakeTerminal())).rejects.toThrow('no reward is called "anwser"; did you mean "answer"?');
});
