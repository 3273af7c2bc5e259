import { expect, test } from "vitest";
import { crc32c, maskedCrc32c } from "./crc32c.ts";

// RFC 3720, appendix B.4, and the check value of the CRC catalogues.
test.each([
  ["123456789", Buffer.from("123456789"), 0xe3069283],
  ["32 zeros", Buffer.alloc(32), 0x8a9136aa],
  ["32 ones", Buffer.alloc(32, 0xff), 0x62a8ab43],
  ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["nothing", new Uint8Array(0), 0],
])("%s", (_, bytes, expected) => expect(crc32c(bytes)).toBe(expected));

test("the mask: turned right by 15 bits, plus 0xa282ead8", () => {
  // 0xe3069283 >>> 15 = 0x1c60d; its low 15 bits, 0x1283, become 0x25060000; together 0x2507c60d; the sum 0xc78ab0e5
  expect(maskedCrc32c(Buffer.from("123456789"))).toBe(0xc78ab0e5);
  expect(maskedCrc32c(new Uint8Array(0))).toBe(0xa282ead8);
});
