import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encodeCommand, RedisError, type Reply, ReplyDecoder, ReplyError, TOO_LARGE } from "./reply.ts";

function decode(bytes: Buffer, { maxBytes = 1_000, cuts = [] as readonly number[] } = {}): Reply[] {
  const replies: Reply[] = [];
  const decoder = new ReplyDecoder(
    () => maxBytes,
    (reply) => replies.push(reply),
  );
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (let index = 1; index < places.length; index++) decoder.push(bytes.subarray(places[index - 1], places[index]));
  return replies;
}

function encode(reply: Reply): Buffer {
  if (reply === null) return Buffer.from("$-1\r\n");
  if (typeof reply === "number") return Buffer.from(`:${reply}\r\n`);
  if (reply instanceof RedisError) return Buffer.from(`-${reply.message}\r\n`);
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from("\r\n")]);
  const items = reply as readonly Reply[];
  return Buffer.concat([Buffer.from(`*${items.length}\r\n`), ...items.map(encode)]);
}

const leaf = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.stringMatching(/^[A-Z]{3} [a-z]{0,10}$/).map((text) => new RedisError(text)),
);
const tree = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof({ depthSize: "small", maxDepth: 4 }, leaf, fc.array(tie("reply"), { maxLength: 5 })),
})).reply;

describe("answers", () => {
  it("are read the same wherever they are cut", () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 6 }), fc.array(fc.nat()), (replies, cuts) => {
        const bytes = Buffer.concat(replies.map(encode));
        assert.deepEqual(decode(bytes, { maxBytes: 100_000, cuts }), replies);
      }),
    );
  });

  it("that are too large are thrown away, and the next one is read", () => {
    const bulk = encode(Buffer.alloc(5_000, "x"));
    const many = encode(Array.from({ length: 500 }, (_, index) => index));
    const nested = encode([[Buffer.alloc(600)], [Buffer.alloc(600)], 7]);
    for (const large of [bulk, many, nested]) {
      const bytes = Buffer.concat([large, encode(1), large, encode(Buffer.from("two"))]);
      for (const cuts of [[], [7, 300, 4_900], Array.from({ length: 200 }, (_, index) => index * 31)]) {
        assert.deepEqual(decode(bytes, { cuts }), [TOO_LARGE, 1, TOO_LARGE, Buffer.from("two")]);
      }
    }
    assert.deepEqual(decode(Buffer.from("+OK\r\n*-1\r\n*0\r\n$0\r\n\r\n")), [
      Buffer.from("OK"),
      null,
      [],
      Buffer.alloc(0),
    ]);
  });

  it("that are no answers are refused", () => {
    const nested = "*1\r\n".repeat(9);
    for (const bytes of ["%1\r\n", "$x\r\n", "$-2\r\n", "*1e9999\r\n", "+OK\n", nested, `+${"x".repeat(70_000)}`]) {
      assert.throws(() => decode(Buffer.from(bytes)), ReplyError, bytes.slice(0, 20));
    }
  });
});

describe("commands", () => {
  it("carry their arguments as bytes, whatever is in them", () => {
    const args = ["SET", "a\r\n$3\r\nx", Buffer.from([0, 13, 10, 255]), ""];
    const [read] = decode(encodeCommand(args));
    assert.deepEqual(
      read,
      args.map((arg) => Buffer.from(arg as string)),
    );
  });
});
