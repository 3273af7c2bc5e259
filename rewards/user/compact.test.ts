import { expect, test } from "vitest";
import { compact } from "./compact.ts";

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
