/** `edge stats` on a stack in AWS: the hub's machine is moto's, and a stand-in for the AWS CLI leads to a real Prometheus on this machine. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CreateTagsCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { HUB_PROMETHEUS_PORT, hubTags } from "../../components/aws/hubMachine.ts";
import { until } from "../../runner/runnerFixture.ts";
import { freePort } from "../bindings/freePort.ts";
import { Moto } from "../release/moto.ts";
import { TestProject } from "./edgeCommand.ts";
import { PROMETHEUS, TestPrometheus } from "./testPrometheus.ts";

const HOME = "us-east-1";
const stack = (hub: string) => `config:
  edge-fleet:target: aws
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    ${HOME}: { continents: [EU, AF, AS, OC, NA, SA, AN], default: true, nodes: 1 }
  edge-fleet:aws:
    account: "123456789012"
    home: ${HOME}
    certificateSecret: edge/test/certificate
${hub}`;

/** Takes the words of the AWS CLI, notes them, and leads its local port to the test's Prometheus until it is ended. */
const standIn = (to: number) => `#!${process.execPath}
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
const words = process.argv.slice(2);
const note = (name, text) => writeFileSync(import.meta.dirname + "/" + name, text);
note("words", JSON.stringify(words));
const { localPortNumber } = JSON.parse(words[words.indexOf("--parameters") + 1]);
createServer((near) => {
  const far = connect(${to}, "127.0.0.1");
  near.pipe(far).pipe(near);
  for (const socket of [near, far]) socket.on("error", () => {});
}).listen(Number(localPortNumber[0]), "127.0.0.1");
process.on("SIGTERM", () => {
  note("ended", "");
  process.exit(0);
});
`;

describe("edge stats through Session Manager", {
  timeout: 300_000,
  skip: PROMETHEUS === undefined ? "needs Prometheus" : false,
}, () => {
  const moto = new Moto({ images: [{ ami_id: "ami-00000001", owner_id: "123456789012", name: "a machine" }] });
  const ec2 = () => new EC2Client({ region: HOME, endpoint: moto.endpoint });
  before(async () => {
    await moto.start();
    await launch({ Name: "no hub" });
  });
  after(() => moto.stop());

  async function launch(tags: Readonly<Record<string, string>>): Promise<string> {
    const client = ec2();
    const { Instances = [] } = await client.send(
      new RunInstancesCommand({ ImageId: "ami-00000001", MinCount: 1, MaxCount: 1, InstanceType: "t4g.large" }),
    );
    const id = Instances[0]?.InstanceId ?? "";
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await client.send(new CreateTagsCommand({ Resources: [id], Tags }));
    client.destroy();
    return id;
  }

  const projectWith = (hub: string) => {
    const project = new TestProject();
    project.write("stacks/Pulumi.cloud.yaml", stack(hub));
    const bin = join(project.dir, "bin");
    const stats = (PATH: string) =>
      project.edge(["stats", "--env", "cloud"], { env: { AWS_ENDPOINT_URL: moto.endpoint, PATH } });
    const program = (text: string) => {
      project.write("bin/aws", text);
      chmodSync(join(bin, "aws"), 0o755);
    };
    return { bin, stats, program, [Symbol.dispose]: () => project[Symbol.dispose]() };
  };
  const HUB = "    hub: { instanceType: t4g.large }\n";

  it("is refused where the stack has no hub, where none runs, and where the AWS CLI is not there or says no", async () => {
    using without = projectWith("");
    const none = await without.stats("");
    assert.equal(none.code, 1);
    assert.match(none.stderr, /stack cloud has no hub, and so no Prometheus: edge-fleet:aws\.hub is not set/);
    using project = projectWith(HUB);
    assert.match(
      (await project.stats("")).stderr,
      /no machine in us-east-1 is the hub of cloud \(tags edge-fleet=cloud/,
    );
    const hub = await launch(hubTags({ name: "cloud" }));
    const missing = await project.stats(project.bin);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /there is no `aws` here\. Install the AWS CLI and its Session Manager plugin: https:/);
    project.program("#!/bin/sh\necho 'SessionManagerPlugin is not found. Please refer to' >&2\nexit 255\n");
    assert.match((await project.stats(project.bin)).stderr, /the AWS CLI has no Session Manager plugin\. Install/);
    project.program(`#!/bin/sh\necho 'TargetNotConnected: ${hub} is not connected.' >&2\nexit 254\n`);
    assert.match((await project.stats(project.bin)).stderr, /no session with i-\w+: TargetNotConnected: i-\w+ is not/);
  });

  it("asks the hub's Prometheus, and ends the session with the command", async () => {
    await launch(hubTags({ name: "cloud" }));
    await using prometheus = new TestPrometheus(await freePort(), 1);
    await until(
      "Prometheus is ready",
      () =>
        fetch(`http://127.0.0.1:${prometheus.port}/-/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      60_000,
    );
    using project = projectWith(HUB);
    project.program(standIn(prometheus.port));
    const { code, stdout, stderr } = await project.stats(project.bin);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "No request in this time.\n");
    const words = JSON.parse(readFileSync(join(project.bin, "words"), "utf8"));
    assert.deepEqual(words.slice(0, 5), ["ssm", "start-session", "--region", HOME, "--target"]);
    assert.match(words[5], /^i-\w+$/);
    assert.deepEqual(words.slice(6, 8), ["--document-name", "AWS-StartPortForwardingSession"]);
    assert.deepEqual(JSON.parse(words[9]).portNumber, [`${HUB_PROMETHEUS_PORT}`]);
    assert.ok(existsSync(join(project.bin, "ended")));
  });
});
