import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "./encode.ts";

/** Examples of the specification's "Data Field Format". */
test("writes control bytes as the specification has them", () => {
  const hex = (value: Parameters<typeof encode>[0]) => encode(value).toString("hex");
  assert.equal(hex("US"), "425553");
  assert.equal(hex(""), "40");
  assert.equal(hex({ en: "Foo" }), "e142656e43466f6f");
  assert.equal(hex(["Foo"]), "010443466f6f");
  assert.equal(hex({ uintBits: 16, value: 500 }), "a201f4");
  assert.equal(hex({ uintBits: 32, value: 0 }), "c0");
  assert.equal(hex({ uintBits: 64, value: 1 }), "010201");
});

test("sizes of 29 and more have bytes of their own", () => {
  assert.equal(encode("x".repeat(28)).subarray(0, 1).toString("hex"), "5c");
  assert.equal(encode("x".repeat(29)).subarray(0, 2).toString("hex"), "5d00");
  assert.equal(encode("x".repeat(284)).subarray(0, 2).toString("hex"), "5dff");
  assert.equal(encode("x".repeat(285)).subarray(0, 3).toString("hex"), "5e0000");
  assert.equal(encode("x".repeat(286)).subarray(0, 3).toString("hex"), "5e0001");
  assert.throws(() => encode("x".repeat(70_000)), RangeError);
});

test("a number that does not fit is refused", () => {
  assert.throws(() => encode({ uintBits: 16, value: 65_536 }), /65536 does not fit into 16 bits/);
  assert.throws(() => encode({ uintBits: 16, value: -1 }), /not an unsigned integer/);
});
