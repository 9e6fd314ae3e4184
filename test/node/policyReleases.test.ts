import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { commandSocket } from "../../components/node/commandSockets.ts";
import { policyMaps } from "../../components/node/haproxy/policies/maps.ts";
import { HaproxyCommands } from "../../runner/agent/door/haproxyCommands.ts";
import { until } from "../../runner/runnerFixture.ts";
import { type Answer, type PolicedFunction, PolicedNode } from "./policedNode.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const keyed = (key: string) => ({ policies: { apiKeys: { holder: sha256(key) } } });
const SIGNED = { routes: ["/signed"], policies: { signedUrls: { secrets: ["url-key"] } } };

/** One path, answered by two functions in turn that take another key each. */
const FIRST = { first: { routes: ["/turn/*"], ...keyed("key-first") }, quiet: { routes: ["/quiet"] } };
const SECOND = { second: { routes: ["/turn/*"], ...keyed("key-second") }, quiet: { routes: ["/quiet"] } };
let node: PolicedNode;

before(async () => {
  node = new PolicedNode();
  await node.start(FIRST);
});

after(() => node?.[Symbol.asyncDispose]());

const outcome = ({ body }: Answer) => body.by ?? body.error?.code;
const turn = (key: string) => node.ask("/turn/x", { headers: { "x-api-key": key } });
const publish = (functions: Readonly<Record<string, PolicedFunction>>) => node.publish(functions);

describe("a release with other policies", () => {
  it("is in force when the node has taken it", async () => {
    assert.equal(outcome(await turn("key-first")), "first");
    await publish(SECOND);
    assert.equal(outcome(await turn("key-second")), "second");
    assert.equal(outcome(await turn("key-first")), "ERR_API_KEY");
    await publish({ quiet: { routes: ["/quiet", "/turn/*"] } });
    assert.equal(outcome(await turn("none")), "quiet");
    await publish(FIRST);
    assert.equal(outcome(await turn("none")), "ERR_API_KEY");
  });

  it("may have as many keys and routes as policies take", async () => {
    const owners = Array.from({ length: 1_000 }, (_, index) => [`owner-${index}`, sha256(`key-${index}`)]);
    const routes = Array.from({ length: 200 }, (_, index) => `h${index}.many.test/a/:b/c${index}/*`);
    await publish({
      many: { routes, policies: { apiKeys: Object.fromEntries(owners) } },
      quiet: { routes: ["/quiet"] },
    });
    const ask = (host: string, path: string, key: string) => node.ask(path, { host, headers: { "x-api-key": key } });
    assert.equal(outcome(await ask("h199.many.test", "/a/x/c199/y", "key-999")), "many");
    assert.equal(outcome(await ask("h0.many.test", "/a/x/c0", "key-0")), "many");
    assert.equal(outcome(await ask("h7.many.test", "/a/x/c7/y", "key-1000")), "ERR_API_KEY");
    assert.equal(outcome(await ask("h7.many.test", "/a/x/c8/y", "key-1")), "ERR_NO_ROUTE");
    await publish(FIRST);
  });

  it("judges no request by half, whatever runs meanwhile", async () => {
    const seen = new Map<string, number>();
    let isOver = false;
    const client = async (key: string) => {
      while (!isOver) {
        const found = `${key}: ${outcome(await turn(key))}`;
        seen.set(found, (seen.get(found) ?? 0) + 1);
      }
    };
    const quiet = async () => {
      while (!isOver) assert.equal(outcome(await node.ask("/quiet")), "quiet");
    };
    const clients = [client("key-first"), client("key-second"), client("key-none"), quiet()];
    for (let round = 0; round < 6; round++) await publish(round % 2 === 0 ? SECOND : FIRST);
    isOver = true;
    await Promise.all(clients);
    const wanted = [
      ...["key-first: first", "key-first: ERR_API_KEY", "key-first: ERR_POLICY_UNAVAILABLE"],
      ...["key-second: second", "key-second: ERR_API_KEY", "key-second: ERR_POLICY_UNAVAILABLE"],
      ...["key-none: ERR_API_KEY", "key-none: ERR_POLICY_UNAVAILABLE"],
    ];
    assert.deepEqual(
      [...seen.keys()].filter((found) => !wanted.includes(found)),
      [],
    );
    for (const found of ["key-first: first", "key-second: second", "key-none: ERR_API_KEY"]) {
      assert.ok((seen.get(found) ?? 0) > 0, found);
    }
  });

  it("is taken from the files by a door and a judge that start", async () => {
    await publish(FIRST);
    await node.restartJudge();
    await node.restartDoor();
    assert.equal(outcome(await turn("key-first")), "first");
    assert.equal(outcome(await turn("key-second")), "ERR_API_KEY");
  });
});

describe("what cannot be applied", () => {
  it("lets nothing pass: a policy whose secret is missing", async () => {
    await publish({ ...FIRST, signed: SIGNED });
    assert.equal(outcome(await node.ask("/signed")), "ERR_POLICY_UNAVAILABLE");
    assert.match(node.log, /a secret of policies cannot be used.*url-key/);
    node.node.runner.writeSecret("url-key", "now it is there");
    await until("the secret is read", async () => outcome(await node.ask("/signed")) === "ERR_SIGNATURE");
    assert.ok(!node.log.includes("now it is there"));
  });

  it("lets nothing pass: a door that lost its maps", async () => {
    await publish(FIRST);
    const { policies } = policyMaps(node.node.layout);
    const door = new HaproxyCommands(commandSocket(node.node.layout, "haproxy"));
    await door.replaceMap(policies, []);
    assert.equal(outcome(await turn("key-first")), "ERR_POLICY_UNAVAILABLE");
    assert.equal(outcome(await node.ask("/quiet")), "quiet");
    await until("the agent sees it", async () => outcome(await turn("key-first")) === "first");
  });

  it("lets nothing pass: a judge that does not know the policy", async () => {
    const judge = new HaproxyCommands(commandSocket(node.node.layout, "judge"));
    await judge.replaceMap(policyMaps(node.node.layout).policies, []);
    const { status, body, headers } = await turn("key-first");
    assert.deepEqual([status, body.error?.code, headers["retry-after"]], [503, "ERR_POLICY_UNAVAILABLE", "1"]);
    await until("the agent sees it", async () => outcome(await turn("key-first")) === "first");
  });

  it("lets nothing pass: a judge that is away", async () => {
    await node.node.stopJudge();
    assert.equal((await turn("key-first")).status, 503);
    assert.equal(outcome(await node.ask("/quiet")), "quiet");
    await node.startJudge();
    await until("the door sees the judge", async () => outcome(await turn("key-first")) === "first");
  });

  it("is not passed by asking the cache: what one key may see is not kept for others", async () => {
    await publish({ cached: { routes: ["/cached"], cache: "public, max-age=60", ...keyed("k") } });
    const ask = (key: string) => node.ask("/cached", { headers: { "x-api-key": key } });
    assert.equal((await ask("k")).headers["x-cache"], "MISS");
    assert.equal((await ask("k")).headers["x-cache"], "HIT");
    assert.equal(outcome(await ask("other")), "ERR_API_KEY");
    await publish({ open: { routes: ["/cached"], cache: "public, max-age=60" } });
    assert.equal(outcome(await ask("other")), "open");
  });
});

it("the agent tells Prometheus who was refused, and by what", async () => {
  await publish(FIRST);
  await turn("wrong");
  const { body } = await node.node.plain("/metrics", node.node.config.ports.agentAdmin);
  assert.match(body, /^edge_agent_policy_refusals_total\{function="first",policy="apiKeys"\} [1-9]/m);
});

it("the agent starts again with what the node serves", async () => {
  await node.stopAgent();
  for (const file of Object.values(policyMaps(node.node.layout))) {
    rmSync(file);
    writeFileSync(file, "");
  }
  node.startAgent();
  const { policies } = policyMaps(node.node.layout);
  await until("the agent has written the maps", () => readFileSync(policies, "utf8").includes("made-from"));
  await node.restartDoor();
  assert.equal(outcome(await turn("wrong")), "ERR_API_KEY");
});
