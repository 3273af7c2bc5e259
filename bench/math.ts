/**
 * How well the mathematics comparer tells answers apart, on pairs written by hand: error rates both ways, the wrong ones by name, and time.
 * `npm run bench:math`
 */
import { readFileSync } from "node:fs";
import { mathEqual } from "../rewards/math/equal.ts";

interface Pair {
  gold: string;
  answer: string;
  equal: boolean;
  why: string;
}

const file = new URL("../tests/fixtures/math-pairs.jsonl", import.meta.url);
const pairs = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Pair);

for (const { gold, answer } of pairs.slice(0, 200)) mathEqual(gold, answer); // compiled by then

const times: number[] = [];
let slowest = { ms: 0, pair: "" };
const wrong = pairs.filter(({ gold, answer, equal }) => {
  const started = performance.now();
  const told = mathEqual(gold, answer);
  const ms = performance.now() - started;
  times.push(ms);
  if (ms > slowest.ms) slowest = { ms, pair: `${gold}  ${answer}` };
  return told !== equal;
});

const [equal, unequal] = [pairs.filter((pair) => pair.equal).length, pairs.filter((pair) => !pair.equal).length];
const rejected = wrong.filter((pair) => pair.equal);
const accepted = wrong.filter((pair) => !pair.equal);
const share = (part: number, whole: number) => `${part} of ${whole} (${((100 * part) / whole).toFixed(2)} %)`;

console.log(`falsely accepted  ${share(accepted.length, unequal)}`);
console.log(`falsely rejected  ${share(rejected.length, equal)}`);
for (const { gold, answer, why } of wrong) console.log(`  ${JSON.stringify(gold)}  ${JSON.stringify(answer)}  ${why}`);
times.sort((a, b) => a - b);
const at = (quantile: number) => times[Math.min(times.length - 1, Math.floor(quantile * times.length))]!.toFixed(2);
console.log(`milliseconds a pair: median ${at(0.5)}, 99 % ${at(0.99)}, most ${at(1)} (${slowest.pair})`);
