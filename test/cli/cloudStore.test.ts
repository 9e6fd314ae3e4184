/** Every command that goes through the store, on a stack in AWS: buckets, groups, parameters and secrets are moto's. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { openSecretStore } from "../../runner/agent/secrets/openSecretStore.ts";
import { ParameterSource } from "../../runner/agent/secrets/parameterStore.ts";
import { ManagedSecretSource } from "../../runner/agent/secrets/secretsManager.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { Moto } from "../release/moto.ts";
import { TestProject } from "./edgeCommand.ts";
import { LiveNode, publicPem } from "./liveNodes.ts";

const HOME = "eu-central-1";
const REGIONS = [HOME, "us-east-1"];
const KEY_SECRET = "edge-release/cloud";
const KEY = generateKeyPairSync("ed25519").privateKey;
const STACK = `config:
  edge-fleet:target: aws
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, AS, OC], nodes: 1 }
    us-east-1: { continents: [NA, SA, AN], default: true, nodes: 1 }
  edge-fleet:aws:
    account: "123456789012"
    home: ${HOME}
    certificateSecret: edge/test/certificate
    releaseKey: { secret: ${KEY_SECRET}, trusted: ${JSON.stringify(publicPem(KEY))} }
`;
const says = (text: string) => `export default { fetch: () => new Response(${JSON.stringify(text)}) };\n`;

describe("edge on a fleet in AWS", { timeout: 600_000 }, () => {
  const moto = new Moto({ images: [{ ami_id: "ami-00000001", owner_id: "123456789012", name: "a node" }] });
  const project = new TestProject();
  let nodes: readonly LiveNode[] = [];
  let machines: readonly string[] = [];
  const edge = (args: readonly string[], input?: string) =>
    project.edge([...args, "--env", "cloud"], {
      env: { AWS_ENDPOINT_URL: moto.endpoint },
      ...(input !== undefined && { input }),
    });
  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await edge([...args, "--json"]);
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout);
  };
  const done = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await edge(args);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  const served = async () => [...new Set(await Promise.all(nodes.map((node) => node.fetch("/hello"))))];

  before(async () => {
    project.write("stacks/Pulumi.cloud.yaml", STACK);
    await moto.start();
    await moto.loadSecrets();
    const keys = await openSecretStore(
      `secretsmanager:edge-release/?region=${HOME}&endpoint=${encodeURIComponent(moto.endpoint)}`,
    );
    await keys.set("cloud", KEY.export({ type: "pkcs8", format: "pem" }).toString());
    const bucket = await moto.bucket(`edge-cloud-123456789012-${HOME}`);
    machines = await Promise.all(REGIONS.map((region) => moto.group(`edge-cloud-${region}`, region)));
    const places = REGIONS.map((region, index) => ({ node: machines[index] as string, region }));
    const address = `s3://${bucket}/?region=${HOME}&endpoint=${encodeURIComponent(moto.endpoint)}`;
    nodes = await LiveNode.startOn(address, places, { pollMs: 500, key: KEY });
    // A machine that its group has ended leaves its last word behind.
    const store = await openStore(address);
    const [ack] = [...(await store.readAcks()).values()];
    assert.ok(ack);
    await store.writeAck({ ...ack, node: "i-00000000000000000" });
  });
  after(async () => {
    for (const node of nodes) await node[Symbol.asyncDispose]();
    await moto.stop();
    project[Symbol.dispose]();
  });

  it("deploys to all machines that are there, and waits for no others", async () => {
    project.write("functions/hello.ts", says("one"));
    const first = await json("deploy", "--yes", "--wait");
    assert.deepEqual(
      first.nodes.map(({ node, status }: { node: string; status: string }) => [node, status]).sort(),
      machines.map((machine) => [machine, "active"]).sort(),
    );
    assert.deepEqual(await served(), ["200 one"]);
    project.write("functions/hello.ts", says("two"));
    assert.match(await done("diff"), /^~ hello\n {4}version +v1 \(\w+\) → v2 \(\w+\)/m);
    await done("deploy", "--yes", "--wait");
    assert.deepEqual(await served(), ["200 two"]);
  });

  it("lists, shows, compares and previews what is there", async () => {
    const { functions } = await json("list");
    assert.deepEqual(functions.map(({ name }: { name: string }) => name).sort(), ["declared", "hello"]);
    assert.equal((await json("show", "hello", "--versions")).versions.length, 2);
    assert.match(await done("diff", "2", "3"), /^~ hello$/m);
    assert.match(await done("preview", "hello", "--version", "v1"), /^https:\/\/v1--hello\.edge\.test\/$/m);
  });

  it("goes back, promotes, switches off and on, purges, and collects garbage", async () => {
    await done("rollback", "hello", "--yes", "--wait");
    assert.deepEqual(await served(), ["200 one"]);
    await done("deploy", "hello", "--split", "10%", "--yes", "--wait");
    await done("promote", "hello", "--yes", "--wait");
    assert.deepEqual(await served(), ["200 two"]);
    await done("disable", "hello", "--yes");
    for (const answer of await served()) assert.match(answer, /^503 .*ERR_FUNCTION_DISABLED/);
    await done("enable", "hello");
    assert.deepEqual(await served(), ["200 two"]);
    assert.equal(await done("purge", "--all", "--yes"), "Purged on 2 of 2 nodes.\n");
    assert.match(await done("gc", "--keep", "1", "--yes"), /Nothing to remove/);
  });

  it("says of each machine whether it is well, and which is gone", async () => {
    const { release, nodes: found } = await json("status");
    const states = found.map((one: Record<string, unknown>) => [one.node, one.state, one.release === release]);
    assert.deepEqual(
      states.sort(),
      [...machines.map((machine) => [machine, "up", true]), ["i-00000000000000000", "gone", false]].sort(),
    );
  });

  for (const [service, start, sourceIn] of [
    ["ssm", "ssm:/edge-fleet/cloud/", (region: string) => new ParameterSource({ region, endpoint: moto.endpoint })],
    [
      "secretsmanager",
      "secretsmanager:edge-fleet/cloud/",
      (region: string) => new ManagedSecretSource({ region, endpoint: moto.endpoint }),
    ],
  ] as const) {
    it(`puts secrets into ${service} of every region, and gives no value back`, async () => {
      const set = await edge(["secrets", "set", "payments-key", "--in", service], "hunter2");
      assert.equal(set.code, 0, set.stderr);
      const reference = `${start}payments-key`;
      assert.match(set.stdout, new RegExp(`payments-key is set\\. Functions name it ${reference}\\.`));
      for (const region of REGIONS) {
        const fetched = await sourceIn(region).fetch([reference]);
        assert.deepEqual(fetched.get(reference), { value: "hunter2" });
      }
      const listed = await edge(["secrets", "list", "--in", service]);
      assert.match(listed.stdout, new RegExp(`^${reference} +.* eu-central-1, us-east-1$`, "m"));
      assert.doesNotMatch(listed.stdout + listed.stderr, /hunter2/);
      await done("secrets", "rm", "payments-key", "--in", service, "--yes");
      const gone = await edge(["secrets", "rm", "payments-key", "--in", service, "--yes"]);
      assert.equal(gone.code, 1);
      assert.match(gone.stderr, /has no secret payments-key/);
    });
  }

  it("has no sealed secrets; a local stack has no others", async () => {
    const { code, stderr } = await project.edge(["secrets", "list", "--in", "ssm"]);
    assert.equal(code, 2);
    assert.match(stderr, /stack local has target local: its secrets are sealed, and --in is for AWS/);
  });
});
