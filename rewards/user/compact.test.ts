import { expect, test } from "vitest";
import { compact, ownBuffer } from "./compact.ts";

test("windows on a larger buffer are copied out of it, all else is passed on", () => {
  const whole = Uint8Array.of(0, 1, 2, 3, 4, 5);
  const owned = Uint8Array.of(7);
  const digits = [{ digit: 3 }];
  const fields = { image: { width: 1, height: 1, data: whole.subarray(1, 4) }, mask: whole.subarray(5), owned, digits, answer: "3" };
  const copy = compact(fields);
  expect(copy).toEqual(fields);
  const { data } = copy.image as { data: Uint8Array };
  expect(data.buffer.byteLength).toBe(3);
  expect((copy.mask as Uint8Array).buffer.byteLength).toBe(1);
  expect(copy.owned).toBe(owned);
  expect(copy.digits).toBe(digits);
});

test("pictures go without their pixels where nobody needs them, but for the target", () => {
  const image = { width: 2, height: 1, data: new Uint8Array(6) };
  const fields = { image, images: [image, image], answer: "3", goal: image };
  const size = { width: 2, height: 1 };
  expect(compact(fields, { pictures: false, target: "goal" })).toEqual({ image: size, images: [size, size], answer: "3", goal: image });
  expect(compact(fields, { pictures: false })).toMatchObject({ goal: size });
  expect(compact(fields, { pictures: true })).toEqual(fields);
});

test("a window of any kind is copied out of its buffer", () => {
  expect(ownBuffer(Float32Array.of(1, 2, 3).subarray(1)).buffer.byteLength).toBe(8);
  const bytes = ownBuffer(Buffer.from(Uint8Array.of(1, 2, 3).buffer, 1, 2));
  expect([bytes.buffer.byteLength, ...bytes]).toEqual([2, 2, 3]);
});
