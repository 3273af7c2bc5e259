const MAX_NUMBER = 40;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Whether two programs printed the same: lines in order, without what is blank at their ends and at the end of all. A line may differ in numbers
 * that one side writes with a fraction or an exponent, by a relative tolerance of the wanted one; whole numbers are compared digit by digit.
 */
export function sameOutput(wanted: string, given: string, tolerance = 0): boolean {
  const [expected, printed] = [lines(wanted), lines(given)];
  return expected.length === printed.length && expected.every((line, i) => line === printed[i] || sameWords(line, printed[i]!, tolerance));
}

function lines(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());
}

function sameWords(wanted: string, given: string, tolerance: number): boolean {
  const [expected, printed] = [wanted.trim().split(/\s+/), given.trim().split(/\s+/)];
  return expected.length === printed.length && expected.every((word, i) => word === printed[i] || sameNumber(word, printed[i]!, tolerance));
}

function sameNumber(wanted: string, given: string, tolerance: number): boolean {
  if (!/[.e]/i.test(wanted + given) || ![wanted, given].every((word) => word.length <= MAX_NUMBER && NUMBER.test(word))) return false;
  return Math.abs(Number(wanted) - Number(given)) <= tolerance * Math.abs(Number(wanted));
}
