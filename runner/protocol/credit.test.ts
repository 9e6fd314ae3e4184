import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PART_BYTES_MAX, ReceiveWindow, SendWindow, WINDOW_BYTES } from "./credit.ts";

describe("credit of a body in parts", () => {
  it("lets a window through unasked, then waits", () => {
    const sender = new SendWindow();
    let sent = 0;
    while (sender.partBytes > 0) {
      const bytes = sender.partBytes;
      assert.ok(bytes <= PART_BYTES_MAX);
      assert.equal(sender.spend(bytes), true);
      sent += bytes;
    }
    assert.equal(sent, WINDOW_BYTES);
    assert.equal(sender.spend(1), false);
    sender.grant(10);
    assert.equal(sender.partBytes, 10);
  });

  it("never opens more than a window, however much credit a peer claims to give", () => {
    const sender = new SendWindow();
    sender.grant(Number.MAX_SAFE_INTEGER);
    assert.equal(sender.spend(WINDOW_BYTES), true);
    assert.equal(sender.spend(1), false);
  });

  it("takes no nonsense for credit", () => {
    const sender = new SendWindow();
    assert.equal(sender.spend(WINDOW_BYTES - 1), true);
    for (const bytes of [-5, Number.NaN, 0.5, Number.POSITIVE_INFINITY, "7" as unknown as number]) sender.grant(bytes);
    assert.equal(sender.partBytes, 1);
  });

  it("sees a sender that goes over its credit", () => {
    const receiver = new ReceiveWindow();
    assert.equal(receiver.receive(WINDOW_BYTES), true);
    assert.equal(receiver.receive(1), false);
  });

  it("brings any body through whole with at most a window under way, whatever the order of sending, delivery and reading", () => {
    const step = fc.record({ who: fc.constantFrom("send", "deliver", "read", "credit"), size: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.nat(3_000_000), fc.array(step, { maxLength: 300 }), (total, steps) => {
        const sender = new SendWindow();
        const receiver = new ReceiveWindow();
        const wire: number[] = [];
        const held: number[] = [];
        const credits: number[] = [];
        let sent = 0;
        let read = 0;
        const verbs = {
          send(size: number) {
            const bytes = Math.min(size, sender.partBytes, total - sent);
            if (bytes === 0) return false;
            assert.equal(sender.spend(bytes), true);
            wire.push(bytes);
            sent += bytes;
            return true;
          },
          deliver() {
            const bytes = wire.shift();
            if (bytes === undefined) return false;
            assert.equal(receiver.receive(bytes), true);
            held.push(bytes);
            return true;
          },
          read() {
            const bytes = held.shift();
            if (bytes === undefined) return false;
            read += bytes;
            const credit = receiver.consume(bytes);
            if (credit > 0) credits.push(credit);
            return true;
          },
          credit() {
            const bytes = credits.shift();
            if (bytes === undefined) return false;
            sender.grant(bytes);
            return true;
          },
        };
        for (const { who, size } of steps) {
          verbs[who](size);
          assert.ok(sent - read <= WINDOW_BYTES, `${sent - read} bytes under way`);
        }
        // Whatever came before, everybody doing their part brings the rest through: nobody waits for ever.
        while (verbs.credit() || verbs.read() || verbs.deliver() || verbs.send(total));
        assert.equal(read, total);
      }),
    );
  });
});
