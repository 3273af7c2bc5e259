import type { Terminal } from "../cli/terminal/terminal.ts";

export interface FakeTerminal extends Terminal {
  printed: string;
  said: string;
}

/** A terminal that keeps what was printed, for tests. */
export function fakeTerminal(change: Partial<Terminal> = {}): FakeTerminal {
  return {
    printed: "",
    said: "",
    out(text) {
      this.printed += text;
    },
    err(text) {
      this.said += text;
    },
    live: false,
    color: false,
    width: () => 100,
    height: () => 24,
    ...change,
  };
}
