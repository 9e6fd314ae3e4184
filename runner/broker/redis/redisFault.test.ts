import assert from "node:assert/strict";
import { it } from "node:test";
import { replyFault } from "./redisFault.ts";
import { RedisError } from "./reply.ts";

const faultOf = (message: string) => replyFault(new RedisError(message), { replyBytes: 1_000 });

it("an answer that may name users and addresses is told by its code alone", () => {
  const answers = [
    ["MOVED 3999 10.1.2.3:6381", "ERR_BINDING_UNAVAILABLE"],
    ["ASK 3999 10.1.2.3:6381", "ERR_BINDING_UNAVAILABLE"],
    ["NOPERM User guest has no permissions to run the 'set' command", "ERR_BINDING_REFUSED"],
    ["OOM command not allowed when used memory > 'maxmemory'.", "ERR_BINDING_FULL"],
  ] as const;
  for (const [message, code] of answers) {
    const storeCode = message.split(" ", 1)[0] as string;
    assert.deepEqual(faultOf(message).failure, {
      code,
      message: `the server does not do it (${storeCode})`,
      storeCode,
    });
  }
});

it("what is wrong with a command is told in the words of Redis", () => {
  const message = "WRONGTYPE Operation against a key holding the wrong kind of value";
  assert.deepEqual(faultOf(message).failure, { code: "ERR_BINDING_FAILED", message, storeCode: "WRONGTYPE" });
});
