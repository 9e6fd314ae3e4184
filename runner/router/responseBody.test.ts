import assert from "node:assert/strict";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { it } from "node:test";
import { DEFAULT_LIMITS } from "../limits.ts";
import { PART_BYTES_MAX, WINDOW_BYTES } from "../protocol/credit.ts";
import { type Cut, ResponseBody } from "./responseBody.ts";

it("a worker that sends more than it has credit for is cut off, and what it sends after that goes nowhere", async (t) => {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const server = createServer((_, response) => resolve(response));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  const client = request({ port: (server.address() as AddressInfo).port });
  client.on("error", () => {}).end();
  const response = await promise;
  const cuts: Cut[] = [];
  const body = new ResponseBody({
    response,
    limits: DEFAULT_LIMITS,
    declaredBytes: undefined,
    giveBack: () => assert.fail("nothing is taken before this turn is over"),
    cut: (cut) => cuts.push(cut),
  });
  const part = Buffer.alloc(PART_BYTES_MAX);
  for (let sent = 0; sent < WINDOW_BYTES; sent += part.length) body.part(part);
  assert.deepEqual(cuts, []);
  const heldBytes = response.writableLength;
  body.part(Buffer.alloc(1));
  body.part(part);
  body.end();
  assert.deepEqual(cuts, [{ cause: "protocol", reason: "the worker sent more than it was asked for" }]);
  assert.equal(response.writableLength, heldBytes);
  response.destroy();
});
