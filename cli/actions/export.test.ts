import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Merged } from "../../exports/merge.ts";
import type { Written } from "../../exports/new-folder.ts";
import { fakeTerminal as wideTerminal } from "../../tests/fake-terminal.ts";
import { Transfer } from "../terminal/transfer.ts";
import { type Export, exportCommand } from "./export.ts";
import { type Merge, mergeCommand } from "./merge.ts";

const fakeTerminal = (live = false) => wideTerminal({ live, width: () => 80, height: () => 10 });

const WRITTEN: Written = { folder: "out", files: ["config.json", "onnx/model.onnx"], bytes: 1_234_567 };
const MERGED: Merged = { ...WRITTEN, base: "models/qwen\u001b[2J", modules: 14, rounded: ["BF16"] };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("export", () => {
  const write = vi.fn<Export>(async () => WRITTEN);

  test("hands its options over and lists what was written", async () => {
    const terminal = fakeTerminal();
    expect(await exportCommand("run/checkpoint", { out: "out", format: "onnx" }, terminal, write)).toBe(0);
    expect(write.mock.calls[0]![0]).toEqual({ checkpoint: "run/checkpoint", out: "out", format: "onnx", adapter: undefined });
    expect(terminal.printed).toBe("wrote out: 2 files, 1.2 MB\n  config.json\n  onnx/model.onnx\n");
    expect(terminal.said).toBe("");
  });

  test("--json prints one object and nothing else", async () => {
    const terminal = fakeTerminal();
    await exportCommand("c", { out: "out", format: "hf", json: true }, terminal, write);
    expect(JSON.parse(terminal.printed)).toEqual(WRITTEN);
  });
});

describe("merge", () => {
  test("says what was changed and that sums were rounded; what a file says moves no cursor", async () => {
    const terminal = fakeTerminal();
    const merge: Merge = async () => MERGED;
    expect(await mergeCommand("adapter", { out: "out" }, terminal, merge)).toBe(0);
    expect(terminal.printed).toBe(
      "14 linear layers of models/qwen\\u001b[2J changed, each sum rounded once to BF16 as the base model is stored\n" +
        "wrote out: 2 files, 1.2 MB\n",
    );
    await mergeCommand("adapter", { out: "out" }, terminal, async () => ({ ...MERGED, rounded: [] }));
    expect(terminal.printed).toContain("[2J changed\nwrote");
  });

  test("progress goes to stderr once the work takes longer, and a live line is cleared at the end", async () => {
    const slow: Merge = async (_, onProgress) => {
      for (let done = 0; done <= 4; done++) {
        onProgress(done * 1e9, 4e9);
        vi.advanceTimersByTime(11_000);
      }
      return MERGED;
    };
    const log = fakeTerminal();
    await mergeCommand("adapter", { out: "out", json: true }, log, slow);
    expect(log.said).toBe(
      "1.0 GB of 4.0 GB, 33 s left\n2.0 GB of 4.0 GB, 22 s left\n3.0 GB of 4.0 GB, 11 s left\n4.0 GB of 4.0 GB, 0.0 s left\n",
    );
    expect(JSON.parse(log.printed)).toEqual(MERGED);
    const live = fakeTerminal(true);
    await mergeCommand("adapter", { out: "out" }, live, slow);
    expect(live.said.split("\r\u001b[2K")).toHaveLength(5);
    expect(live.said.endsWith("0.0 s left\r\u001b[2K")).toBe(true);
  });

  test("the first signal stops it between two tensors", async () => {
    const before = process.listenerCount("SIGINT");
    const terminal = fakeTerminal();
    let cleared = false;
    const interrupted: Merge = async (_, onProgress) => {
      process.emit("SIGINT");
      try {
        onProgress(1, 2);
      } finally {
        cleared = true;
      }
      return MERGED;
    };
    expect(await mergeCommand("adapter", { out: "out" }, terminal, interrupted)).toBe(130);
    expect(cleared).toBe(true);
    expect({ printed: terminal.printed, said: terminal.said }).toEqual({ printed: "", said: "stopped: nothing was written\n" });
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  test("what goes wrong is the program's to report, and signals end the process again", async () => {
    const before = process.listenerCount("SIGINT");
    const broken: Merge = async () => {
      throw new TypeError("x");
    };
    await expect(mergeCommand("adapter", { out: "out" }, fakeTerminal(), broken)).rejects.toThrow(TypeError);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});

test("work that is done at once shows no progress", () => {
  const terminal = fakeTerminal(true);
  const transfer = new Transfer(terminal);
  transfer.show(0, 10);
  transfer.show(10, 10);
  transfer.close();
  expect(terminal.said).toBe("");
});
