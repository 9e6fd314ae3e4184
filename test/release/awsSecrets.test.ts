/** Parameter Store and Secrets Manager as authors set secrets in them and nodes fetch them, against a moto server. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { newSource as sourceOf } from "../../runner/agent/secrets/newSource.ts";
import { openSecretStore } from "../../runner/agent/secrets/openSecretStore.ts";
import { ParameterSource } from "../../runner/agent/secrets/parameterStore.ts";
import { ManagedSecretSource } from "../../runner/agent/secrets/secretsManager.ts";
import { REGION } from "./moto.ts";
import { s3Fixture } from "./s3Fixture.ts";

const { home } = s3Fixture({ hasSecrets: true });
const place = () => ({ region: REGION, endpoint: home.endpoint });
const open = (start: string) =>
  openSecretStore(`${start}?region=${REGION}&endpoint=${encodeURIComponent(home.endpoint)}`);

for (const [kind, start, of] of [
  ["ssm", "ssm:/prod", (name: string) => `ssm:/prod/${name}`],
  ["secretsmanager", "secretsmanager:prod/", (name: string) => `secretsmanager:prod/${name}`],
] as const) {
  const newSource = () => (kind === "ssm" ? new ParameterSource(place()) : new ManagedSecretSource(place()));

  describe(`secrets in ${kind}`, () => {
    test("are set, changed, listed without values, fetched and removed", async () => {
      const store = await open(start);
      assert.equal(await store.set("payments-key", "hunter2"), of("payments-key"));
      for (let n = 1; n <= 12; n++) await store.set(`k${n}`, `value ${n}`);
      const listed = await store.list();
      assert.equal(listed.length, 13);
      assert.ok(listed.some(({ reference }) => reference === of("payments-key")));
      assert.doesNotMatch(JSON.stringify(listed), /hunter2/);

      const references = ["payments-key", "none", ...Array.from({ length: 12 }, (_, n) => `k${n + 1}`)].map(of);
      const source = newSource();
      const fetched = await source.fetch(references);
      assert.deepEqual(fetched.get(of("payments-key")), { value: "hunter2" });
      assert.deepEqual(fetched.get(of("k12")), { value: "value 12" });
      const missing = fetched.get(of("none"));
      assert.ok(missing && "fault" in missing);
      assert.equal(missing.fault, "missing");
      assert.match(missing.reason, /set it in this region/);

      await store.set("payments-key", "renewed");
      assert.deepEqual((await source.fetch([of("payments-key")])).get(of("payments-key")), { value: "renewed" });
      assert.equal(await store.remove("payments-key"), true);
      assert.equal(await store.remove("never-there"), false);
    });

    test("that a node may not read deny no others, and a service that is away is told", async () => {
      const store = await open(start);
      await store.set("open", "yes");
      await store.set("closed", "hunter2");
      const source = newSource();
      home.fault = ({ body }) =>
        body.includes("closed") ? { kind: "status", status: 400, code: "AccessDeniedException" } : null;
      const fetched = await source.fetch([of("open"), of("closed")]);
      assert.deepEqual(fetched.get(of("open")), { value: "yes" });
      const denied = fetched.get(of("closed"));
      assert.ok(denied && "fault" in denied);
      assert.equal(denied.fault, "denied");
      assert.match(denied.reason, /allow this role to read it/);
      home.fault = () => ({ kind: "refused" });
      const away = (await source.fetch([of("open")])).get(of("open"));
      assert.ok(away && "fault" in away && away.fault === "away");
      home.fault = () => null;
    });
  });
}

describe("a secret of Secrets Manager with a key", () => {
  test("is one value of its JSON", async () => {
    const store = await open("secretsmanager:");
    await store.set("payments", JSON.stringify({ user: "u", password: "hunter2", port: 5 }));
    await store.set("text", "no JSON");
    home.seen.length = 0;
    const of = (key: string) => `secretsmanager:payments#${key}`;
    const source = new ManagedSecretSource(place());
    const references = [of("user"), of("password"), of("port"), of("none"), "secretsmanager:text#user"];
    const fetched = await source.fetch(references);
    assert.equal(home.seen.length, 2, "each secret is asked for once");
    assert.deepEqual(fetched.get(of("password")), { value: "hunter2" });
    for (const reference of references.slice(2)) {
      const found = fetched.get(reference);
      assert.ok(found && "fault" in found && found.fault === "unfit", reference);
      assert.doesNotMatch(found.reason, /hunter2/);
    }
  });
});

describe("a node's secrets of AWS", () => {
  for (const kind of ["ssm", "secretsmanager"] as const) {
    test(`are those of ${kind} that functions may have, whatever else its role may read`, async () => {
      const [mine, other] = [`${kind}:edge-fleet/test/key`, `${kind}:edge-certificate/test`];
      for (const start of ["edge-fleet/test", "edge-certificate"]) {
        const store = await open(kind === "ssm" ? `ssm:/${start}` : `secretsmanager:${start}/`);
        await store.set(start === "edge-certificate" ? "test" : "key", "hunter2");
      }
      const aws = { ...place(), prefix: "edge-fleet/test/" };
      const source = await sourceOf(kind, { folder: "/none", sealed: null, aws, always: [] });
      const asked = kind === "ssm" ? [mine, other].map((name) => name.replace(":", ":/")) : [mine, other];
      const [given, kept] = [...(await source.fetch(asked)).values()];
      assert.deepEqual(given, { value: "hunter2" });
      assert.ok(kept && "fault" in kept && kept.fault === "denied");
      assert.match(kept.reason, /does not begin with edge-fleet\/test\//);
    });
  }
});
