import type { Terminal } from "./terminal.ts";
import { truncate } from "./text.ts";

/** Waits for a key: `next` or `quit`. */
export type NextKey = () => Promise<"next" | "quit">;

/** Prints lines, on a live terminal a screen at a time; anywhere else all of them as they come. */
export async function page(lines: Iterable<string>, terminal: Terminal, nextKey: NextKey): Promise<void> {
  let room = terminal.height() - 1;
  for (const line of lines) {
    if (terminal.live && room === 0) {
      terminal.out(truncate("-- space: more, q: quit --", terminal.width()));
      const key = await nextKey();
      terminal.out("\r\u001b[2K");
      if (key === "quit") return;
      room = terminal.height() - 1;
    }
    terminal.out(`${line}\n`);
    room--;
  }
}

/** The next key pressed on this process's keyboard; where there is none, always `next`. */
export async function keyboard(): Promise<"next" | "quit"> {
  const { stdin } = process;
  if (!stdin.isTTY) return "next";
  stdin.setRawMode(true);
  stdin.resume();
  try {
    const key = await new Promise<string>((resolve) => stdin.once("data", (data) => resolve(data.toString("utf8"))));
    // In raw mode Ctrl-C and Ctrl-D are keys too.
    return ["q", "Q", "\u0003", "\u0004", "\u001b"].includes(key) ? "quit" : "next";
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}
