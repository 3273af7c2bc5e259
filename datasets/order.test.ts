import { expect, test } from "vitest";
import { epochOrder } from "./order.ts";

const epoch = (order: (index: number) => number, size: number, k: number) => Array.from({ length: size }, (_, i) => order(k * size + i));
const ascending = (size: number) => Array.from({ length: size }, (_, i) => i);

test("every epoch is a permutation, and another one than the last", () => {
  const order = epochOrder(100, { seed: 0, shuffle: true });
  const epochs = [0, 1, 2].map((k) => epoch(order, 100, k));
  for (const rows of epochs) expect([...rows].sort((a, b) => a - b)).toEqual(ascending(100));
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(epochs[1]).not.toEqual(epochs[2]);
  expect(epochs[0]).not.toEqual(ascending(100));
});

test("an order depends on the seed and not on where the stream is entered", () => {
  const order = epochOrder(50, { seed: 1, shuffle: true });
  const third = epoch(order, 50, 3);
  const first = epoch(order, 50, 0);
  const again = epochOrder(50, { seed: 1, shuffle: true });
  for (const k of [0, 1, 2]) epoch(again, 50, k);
  expect(epoch(again, 50, 3)).toEqual(third);
  expect(epoch(again, 50, 0)).toEqual(first);
  expect(epoch(epochOrder(50, { seed: 2, shuffle: true }), 50, 0)).not.toEqual(first);
});

test("without shuffling every epoch is the file's order", () => {
  const order = epochOrder(3, { seed: 0, shuffle: false });
  expect(ascending(7).map(order)).toEqual([0, 1, 2, 0, 1, 2, 0]);
});

test("indices are whole numbers from 0", () => {
  const order = epochOrder(3, { seed: 0, shuffle: true });
  expect(() => order(-1)).toThrow(RangeError);
  expect(() => order(1.5)).toThrow(RangeError);
});
