import { InvalidArgumentError } from "commander";

/** Gathers a repeatable option. */
export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** A whole number of at least `least`. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least) throw new InvalidArgumentError(`Expected a whole number of ${least} or more.`);
    return value;
  };
}

export function decimal(text: string): number {
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new InvalidArgumentError("Expected a number.");
  return Number(text);
}
