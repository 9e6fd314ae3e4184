import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { until } from "../../runner/runnerFixture.ts";
import { ensureMoto } from "../../tools/setup/pythonProgram.mjs";
import { freePort } from "../bindings/freePort.ts";

export const REGION = "eu-central-1";

// Whatever the machine has of credentials is not for tests.
process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";
process.env.AWS_SESSION_TOKEN = "";
process.env.AWS_EC2_METADATA_DISABLED = "true";

/** A machine image that each region has. */
interface TestImage {
  readonly ami_id: string;
  readonly owner_id: string;
  readonly name: string;
}

/** A moto server of a test file's own: S3, SSM, Secrets Manager, EC2 and groups of machines in memory. */
export class Moto {
  endpoint = "";
  readonly #images: readonly TestImage[];
  readonly #dir = mkdtempSync(join(tmpdir(), "edge-moto-"));
  #process: ChildProcess | null = null;
  #buckets = 0;
  #s3: S3Client | null = null;

  /** `images`: all that its regions have of machine images. Default: none. */
  constructor({ images = [] }: { readonly images?: readonly TestImage[] } = {}) {
    this.#images = images;
  }

  async start(): Promise<void> {
    const python = await ensureMoto();
    const imagesFile = join(this.#dir, "images.json");
    writeFileSync(imagesFile, JSON.stringify(this.#images));
    const port = await freePort();
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#process = spawn(python, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
      stdio: "ignore",
      env: { ...process.env, MOTO_AMIS_PATH: imagesFile },
    });
    await until("moto answers", () => fetch(this.endpoint).then(Boolean, () => false));
    this.#s3 = new S3Client({ region: REGION, endpoint: this.endpoint, forcePathStyle: true });
  }

  async stop(): Promise<void> {
    this.#s3?.destroy();
    rmSync(this.#dir, { recursive: true, force: true });
    if (this.#process === null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** Has moto load what it has of secrets: on a busy machine that takes longer than a call may. */
  async loadSecrets(): Promise<void> {
    for (const [service, target] of [
      ["ssm", "AmazonSSM.DescribeParameters"],
      ["secretsmanager", "secretsmanager.ListSecrets"],
    ] as const) {
      const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/${service}/aws4_request`;
      const headers = { authorization, "x-amz-target": target, "content-type": "application/x-amz-json-1.1" };
      const answer = await fetch(this.endpoint, { method: "POST", headers, body: "{}" });
      if (!answer.ok) throw new Error(`moto answers ${target} with ${answer.status}: ${await answer.text()}`);
    }
  }

  /** Makes an empty bucket. @returns its name. */
  async bucket(Bucket = `releases-${++this.#buckets}`): Promise<string> {
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await this.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    return Bucket;
  }

  /** Makes a region's group with one machine. @returns the machine's id */
  async group(AutoScalingGroupName: string, region: string): Promise<string> {
    const client = new AutoScalingClient({ region, endpoint: this.endpoint });
    const [ImageId] = this.#images.map(({ ami_id }) => ami_id);
    const LaunchConfigurationName = `${AutoScalingGroupName}-machine`;
    await client.send(
      new CreateLaunchConfigurationCommand({ LaunchConfigurationName, ImageId, InstanceType: "c8g.large" }),
    );
    const size = { MinSize: 1, MaxSize: 1, AvailabilityZones: [`${region}a`] };
    await client.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName, LaunchConfigurationName, ...size }));
    const AutoScalingGroupNames = [AutoScalingGroupName];
    const { AutoScalingGroups = [] } = await client.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames }),
    );
    client.destroy();
    return AutoScalingGroups[0]?.Instances?.[0]?.InstanceId ?? "";
  }

  /** Changes an object behind the store's back. */
  async put(Bucket: string, Key: string, Body: string | Uint8Array): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  }

  /** As replication does. */
  async copy(from: string, Bucket: string, Key: string): Promise<void> {
    await this.s3.send(new CopyObjectCommand({ CopySource: `${from}/${Key}`, Bucket, Key }));
  }

  async remove(Bucket: string, Key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket, Key }));
  }

  /** Keys that begin so, sorted; the first thousand. */
  async keys(Bucket: string, Prefix: string): Promise<string[]> {
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map(({ Key = "" }) => Key).toSorted();
  }

  get s3(): S3Client {
    if (this.#s3 === null) throw new Error("moto is not started");
    return this.#s3;
  }
}
