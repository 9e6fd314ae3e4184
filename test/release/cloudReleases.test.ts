/** Releases of a fleet in the cloud as `pulumi up` writes them: S3 and Secrets Manager of a moto server, and stand-ins for machines. */
import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { CloudKey } from "../../components/aws/store/cloudKey.ts";
import { CloudPlace, type CloudStore } from "../../components/aws/store/cloudPlace.ts";
import { type ReleaseInputs, releaseProvider } from "../../components/functionStore/releaseProvider.ts";
import { writeManifests } from "../../components/functions/manifestFiles.ts";
import { functionOf, scratchFolder } from "../../runner/release/fixtures.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { isSignedBy } from "../../runner/release/signature.ts";
import { GroupService, machinesOf } from "../plan/standIn/groupService.ts";
import { REGION } from "./moto.ts";
import { s3Fixture } from "./s3Fixture.ts";

const { moto, address } = s3Fixture({ hasSecrets: true });
const groups = new GroupService();
const { check, create, read, changed, update } = releaseProvider;
const [old, fresh] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
const trusted = (...keys: readonly { readonly publicKey: KeyObject }[]) =>
  keys.map(({ publicKey }) => publicKey.export({ type: "spki", format: "pem" })).join("");
const privatePem = ({ privateKey }: typeof old) => String(privateKey.export({ type: "pkcs8", format: "pem" }));
let secrets: SecretsManagerClient;

before(async () => {
  await groups.start();
  Object.assign(process.env, groups.env, { AWS_ENDPOINT_URL_SECRETS_MANAGER: moto.endpoint });
  secrets = new SecretsManagerClient({ region: REGION, endpoint: moto.endpoint });
});
after(() => {
  secrets.destroy();
  groups.stop();
});

let fleets = 0;

/** A fleet of a bucket and a key of its own, built in a folder of its own. Tests of this file run one after the other. */
async function fleetOf(t: TestContext) {
  const root = await scratchFolder(t);
  const cwd = process.cwd();
  process.chdir(root);
  t.after(() => process.chdir(cwd));
  const fleet = `test${++fleets}`;
  const secret = `edge-release/${fleet}`;
  await secrets.send(new CreateSecretCommand({ Name: secret, SecretString: privatePem(old) }));
  const cloud = {
    address: address(await moto.bucket()),
    releaseKey: { secret, region: REGION, trusted: trusted(old) } as CloudKey,
    groups: `edge-${fleet}-`,
    secrets: `edge-fleet/${fleet}/`,
  } satisfies CloudStore;
  const built = async (source: string, change: Partial<ReleaseInputs> = {}): Promise<ReleaseInputs> => {
    const { manifest, bytes } = functionOf("a", source);
    await writeManifests(join(root, "build"), [manifest]);
    await mkdir(join(root, "build/modules"), { recursive: true });
    await writeFile(join(root, "build/modules", String(manifest.modules[0]?.sha256)), bytes);
    return { buildDir: "build", functions: { a: manifest.version }, drift: "adopt", cloud, ...change };
  };
  return { fleet, secret, cloud, built, store: await openStore(cloud.address) };
}

test("a release is written signed, found by a refresh, and written again only when something changes", async (t) => {
  const { built, store, cloud } = await fleetOf(t);
  const first = await built("1");
  assert.deepEqual(await check(null, first), []);
  const { outs } = await create(first);
  assert.deepEqual([outs.release, outs.generation], [1, 1]);
  const { current } = (await store.readCurrent()) ?? assert.fail("no pointer");
  assert.ok(isSignedBy(current, old.privateKey));
  assert.equal(await changed(outs, first), false);
  const second = await built("2");
  assert.equal(await changed(outs, second), true);
  const next = await update("", outs, second);
  assert.equal((await read("", { ...next, release: 1 }))?.release, 2);
  assert.doesNotMatch(JSON.stringify(next), /PRIVATE/);
  const elsewhere = { ...second, cloud: { ...cloud, address: address(await moto.bucket()) } };
  assert.equal(await changed(next, elsewhere), true);
  assert.equal((await update("", next, elsewhere)).release, 1);
});

test("a release of no functions is one, too", async (t) => {
  const { built } = await fleetOf(t);
  const { outs } = await create(await built("1", { functions: {} }));
  assert.deepEqual([outs.release, outs.generation], [1, 1]);
});

test("of the nodes that once told the store of themselves, those in service are waited for; what they refuse is taken back", async (t) => {
  const { built, store, fleet } = await fleetOf(t);
  const { outs } = await create(await built("1"));
  const [serving = ""] = machinesOf(`edge-${fleet}-${REGION}`);
  const ack = { region: REGION, at: new Date().toISOString(), functions: {}, control: 0, release: 1, generation: 1 };
  await store.writeAck({ ...ack, node: "i-00000000000000000", refused: null });
  const next = await update("", outs, await built("2"));
  assert.equal(next.release, 2, "a machine that is gone keeps nobody waiting");
  await store.writeAck({ ...ack, node: serving, refused: { generation: 3, reason: "a: SyntaxError" } });
  await assert.rejects(
    update("", next, await built("3")),
    new RegExp(
      `release 3 was not taken\\.\n {2}${serving}: a: SyntaxError\nWhat was served before is current again, as release 4`,
    ),
  );
});

test("keys change without a moment in which nodes believe nobody", async (t) => {
  const { built, store, cloud, secret } = await fleetOf(t);
  const inputs = await built("1");
  const { outs } = await create(inputs);
  const withKeys = (...keys: readonly (typeof old)[]): ReleaseInputs => ({
    ...inputs,
    cloud: { ...cloud, releaseKey: { ...cloud.releaseKey, trusted: trusted(...keys) } },
  });
  assert.equal(
    await changed(outs, withKeys(old, fresh)),
    false,
    "nodes learn of the new key, deployers have the old one",
  );
  await assert.rejects(update("", outs, withKeys(fresh, old)), /is not the key whose public one stands first/);
  await secrets.send(new PutSecretValueCommand({ SecretId: secret, SecretString: privatePem(fresh) }));
  assert.equal(await changed(outs, withKeys(fresh, old)), true);
  const signedAnew = await update("", outs, withKeys(fresh, old));
  assert.equal(await changed(signedAnew, withKeys(fresh)), false);
  const { current } = (await store.readCurrent()) ?? assert.fail("no pointer");
  assert.ok(isSignedBy(current, fresh.privateKey));
});

test("a bucket or a key that is not there is told, or made again", async (t) => {
  const { built, cloud } = await fleetOf(t);
  const { outs } = await create(await built("1"));
  const gone: CloudStore = { ...cloud, address: address("never-there") };
  assert.equal(await new CloudPlace(gone).open(), null);
  assert.equal(await read("", { ...outs, cloud: gone }), null);
  assert.equal(await changed({ ...outs, cloud: gone }, { ...outs, cloud: gone }), true);
  const keyless = { ...cloud, releaseKey: { ...cloud.releaseKey, secret: "edge-release/none" } };
  await assert.rejects(
    create(await built("2", { cloud: keyless })),
    /release key cannot be read in eu-central-1: .*none/,
  );
  const none = { ...cloud, releaseKey: null };
  await assert.rejects(create(await built("2", { cloud: none })), /releaseKey is null.*docs\/releases\.md/);
});
