import { expect, test } from "vitest";
import { narrowToBfloat16, narrowToHalf, widenBfloat16, widenHalf } from "./half.ts";

function half(bits: number): number {
  const out = new Float32Array(1);
  widenHalf(Uint16Array.of(bits), out);
  return out[0]!;
}

function bfloat16(bits: number): number {
  const out = new Float32Array(1);
  widenBfloat16(Uint16Array.of(bits), out);
  return out[0]!;
}

test.each([
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504], // the largest: (2 - 2^-10) * 2^15
  [0x0400, 2 ** -14], // the smallest normal one
  [0x0001, 2 ** -24], // the smallest of all
  [0x83ff, -1023 * 2 ** -24], // the largest subnormal one
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
  [0x8000, -0],
  [0x7e00, NaN],
])("half %i is %d", (bits, value) => expect(half(bits)).toBe(value));

test.each([
  [1 + 2 ** -11, 0x3c00], // half way between 1 and 1 + 2^-10: to the even one, down
  [1 + 3 * 2 ** -11, 0x3c02], // half way again: to the even one, up
  [1 + 2 ** -11 + 2 ** -23, 0x3c01], // just past half way
  [65519, 0x7bff], // 65504 + 15: the step is 32
  [65520, 0x7c00], // half way to the next power of two: infinite
  [2 ** -25, 0x0000], // half of the smallest: ties to even, which is 0
  [2 ** -25 + 2 ** -40, 0x0001],
  [1.5 * 2 ** -24, 0x0002], // half way between 1 and 2 units: even is 2
  [2 ** -14 - 2 ** -25, 0x0400], // half way between the largest subnormal and the smallest normal
  [-0, 0x8000],
  [1e30, 0x7c00],
  [-1e30, 0xfc00],
])("%d narrows to half %i", (value, bits) => expect(narrowToHalf(Float32Array.of(value))[0]).toBe(bits));

test.each([
  [1, 0x3f80],
  [1 + 2 ** -8, 0x3f80], // half way: down to even
  [1 + 3 * 2 ** -8, 0x3f82], // half way: up to even
  [1 + 2 ** -8 + 2 ** -20, 0x3f81],
  [3.4028234663852886e38, 0x7f80], // the largest float32 rounds to infinity
  [-0, 0x8000],
  [-Infinity, 0xff80],
])("%d narrows to bfloat16 %i", (value, bits) => expect(narrowToBfloat16(Float32Array.of(value))[0]).toBe(bits));

test("NaN stays NaN, whatever its payload", () => {
  const payload = new Float32Array(Uint32Array.of(0x7f800001).buffer);
  expect(half(narrowToHalf(payload)[0]!)).toBeNaN();
  expect(bfloat16(narrowToBfloat16(payload)[0]!)).toBeNaN();
});

test("a NaN whose payload is only in the bits that go stays NaN and does not become infinity", () => {
  const lowest = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001).buffer);
  expect([...narrowToHalf(lowest)]).toEqual([0x7e00, 0xfe00]);
  expect([...narrowToBfloat16(lowest)]).toEqual([0x7fc0, 0xffc0]);
});

test("every one of the 65536 patterns survives both ways, NaN payloads among them", () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const wide = new Float32Array(65536);
  const wrong = (back: Uint16Array) => bits.filter((pattern, i) => back[i] !== pattern);
  widenHalf(bits, wide);
  expect(wrong(narrowToHalf(wide))).toHaveLength(0);
  widenBfloat16(bits, wide);
  expect(wrong(narrowToBfloat16(wide))).toHaveLength(0);
});

test("every half that is a number has the value of its formula", () => {
  const value = (bits: number) => {
    const [sign, exponent, mantissa] = [bits & 0x8000 ? -1 : 1, (bits >>> 10) & 0x1f, bits & 0x3ff];
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
    return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  };
  const wrong = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => !Object.is(half(bits), value(bits)));
  expect(wrong).toEqual([]);
});

test("widening writes from the place it is given", () => {
  const out = new Float32Array(3);
  widenHalf(Uint16Array.of(0x3c00), out, 1);
  widenBfloat16(Uint16Array.of(0x4000), out, 2);
  expect([...out]).toEqual([0, 1, 2]);
});
