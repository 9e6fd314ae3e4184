import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { LineBuffer } from "./lineBuffer.ts";

const LINE = `${"x".repeat(9)}\n`;

function accepted(buffer: LineBuffer, source: string, tries: number): number {
  let count = 0;
  for (let index = 0; index < tries; index++) if (buffer.push(source, LINE, 1)) count++;
  return count;
}

it("gives out what came in, oldest first, in batches of whole entries", () => {
  const buffer = new LineBuffer(1_000);
  for (const text of ["a\n", "bb\n", "ccc\n"]) buffer.push("", text, 1);
  assert.deepEqual(buffer.take(5), { text: "a\nbb\n", lines: 2 });
  assert.deepEqual(buffer.take(1), { text: "ccc\n", lines: 1 });
  assert.equal(buffer.take(5), undefined);
});

it("lets one source have half of the room, and leaves others theirs", () => {
  const buffer = new LineBuffer(1_200);
  assert.equal(accepted(buffer, "flood", 1_000), 60);
  assert.equal(accepted(buffer, "flood too", 1_000), 30);
  assert.equal(accepted(buffer, "calm", 3), 3);
  assert.equal(accepted(buffer, "flood", 1_000), 0);
});

it("gives a source its room back as its lines go out", () => {
  const buffer = new LineBuffer(1_200);
  accepted(buffer, "flood", 1_000);
  buffer.take(300);
  assert.equal(accepted(buffer, "flood", 1_000), 30);
});

it("never holds more than it may, and loses or repeats nothing of what it took", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ source: fc.constantFrom("a", "b", "c"), length: fc.nat(80) }),
      fc.record({ take: fc.integer({ min: 1, max: 200 }) }),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      const buffer = new LineBuffer(256);
      let expected = "";
      let seen = "";
      let number = 0;
      for (const step of list) {
        if ("take" in step) seen += buffer.take(step.take)?.text ?? "";
        else {
          const text = `${number++}é${"x".repeat(step.length)}\n`;
          if (buffer.push(step.source, text, 1)) expected += text;
        }
        assert.ok(Buffer.byteLength(expected.slice(seen.length)) <= 256);
      }
      for (let batch = buffer.take(100); batch !== undefined; batch = buffer.take(100)) seen += batch.text;
      assert.equal(seen, expected);
      assert.ok(buffer.isEmpty);
    }),
  );
});
