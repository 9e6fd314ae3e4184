import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DeregisterImageCommand, DescribeImagesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CANONICAL } from "../../components/aws/nodes/machineImageName.ts";
import { Moto } from "../release/moto.ts";
import { TestProject } from "./edgeCommand.ts";

const STACK = `# Ours.
config:
  edge-fleet:target: aws
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, AS, OC], nodes: 1 }
    us-east-1: { continents: [NA, SA, AN], default: true, nodes: 1 }
  edge-fleet:aws:
    account: "123456789012"
    home: us-east-1 # and the hub
    machineImage:
      serial: "20260101" # tried for a month
    certificateSecret: edge/test/certificate
`;

const noble = (serial: string, processor = "arm64") =>
  `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${processor}-server-${serial}`;
const IMAGES = [
  { ami_id: "ami-00000001", owner_id: CANONICAL, name: noble("20260101") },
  { ami_id: "ami-00000002", owner_id: CANONICAL, name: noble("20261001") },
  { ami_id: "ami-00000003", owner_id: CANONICAL, name: noble("20261001.1") },
  { ami_id: "ami-00000004", owner_id: CANONICAL, name: noble("20261014") },
  // Not ours to take: another processor, somebody else's of the same name, no serial.
  { ami_id: "ami-00000005", owner_id: CANONICAL, name: noble("20261020", "amd64") },
  { ami_id: "ami-00000006", owner_id: "123456789012", name: noble("20261021") },
  { ami_id: "ami-00000007", owner_id: CANONICAL, name: noble("20261022-pro") },
];

describe("edge bump-ami", { timeout: 180_000 }, () => {
  const moto = new Moto({ images: IMAGES });
  before(async () => {
    await moto.start();
    // On a busy machine moto loads a region's machines for longer than a call of the command may take.
    for (const region of ["eu-central-1", "us-east-1"]) {
      const client = new EC2Client({ region, endpoint: moto.endpoint });
      await client.send(new DescribeImagesCommand({ Owners: [CANONICAL] }));
      client.destroy();
    }
  });
  after(() => moto.stop());

  const projectIn = () => {
    const project = new TestProject();
    project.write("stacks/Pulumi.cloud.yaml", STACK);
    const bump = (...args: readonly string[]) =>
      project.edge(["bump-ami", "--env", "cloud", ...args], { env: { AWS_ENDPOINT_URL: moto.endpoint } });
    const file = () => readFileSync(join(project.dir, "stacks/Pulumi.cloud.yaml"), "utf8");
    return { project, bump, file, [Symbol.dispose]: () => project[Symbol.dispose]() };
  };
  const takeAway = async (region: string, ...ids: readonly string[]) => {
    const client = new EC2Client({ region, endpoint: moto.endpoint });
    for (const ImageId of ids) await client.send(new DeregisterImageCommand({ ImageId }));
    client.destroy();
  };

  it("writes the newest serial that all regions have, when that is confirmed, and nothing else", async () => {
    using stack = projectIn();
    const dry = await stack.bump("--dry-run");
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /^eu-central-1 +20261014$/m);
    assert.match(dry.stdout, /^20260101 → 20261014$/m);
    assert.match(dry.stdout, /^Nothing was written\.$/m);
    const asked = await stack.bump();
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /--yes/);
    assert.equal(stack.file(), STACK);

    const { code, stdout, stderr } = await stack.bump("--yes", "--json");
    assert.equal(code, 0, stderr);
    const said = JSON.parse(stdout);
    assert.deepEqual([said.before, said.serial, said.isWritten], ["20260101", "20261014", true]);
    assert.equal(stack.file(), STACK.replace('"20260101"', '"20261014"'));
    assert.match((await stack.bump()).stdout, /20261014 is the newest image that all regions have already/);
  });

  it("takes none that a region lacks, and says so where they have none in common", async () => {
    using stack = projectIn();
    await takeAway("us-east-1", "ami-00000004");
    const { stdout } = await stack.bump("--yes");
    assert.match(stdout, /has 20261001\.1\.$/m);
    const { code, stderr } = await stack.bump("--dry-run");
    assert.equal(code, 0, stderr);
    await takeAway("us-east-1", "ami-00000001", "ami-00000002", "ami-00000003");
    const none = await stack.bump();
    assert.equal(none.code, 1);
    assert.match(none.stderr, /is in all regions; the newest of each: eu-central-1: 20261014, us-east-1: none/);
  });

  it("refuses a stack without machines, and says what is missing without credentials", async () => {
    using stack = projectIn();
    const local = await stack.project.edge(["bump-ami"]);
    assert.equal(local.code, 1);
    assert.match(local.stderr, /stack local has target local, which has no machine images/);
    const nothing = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", HOME: stack.project.dir };
    const { code, stderr } = await stack.project.edge(["bump-ami", "--env", "cloud"], {
      env: { ...nothing, AWS_ENDPOINT_URL: moto.endpoint },
    });
    assert.equal(code, 1);
    assert.match(stderr, /the images of \S+ cannot be looked up: CredentialsProviderError: .* AWS_PROFILE/);
  });
});
