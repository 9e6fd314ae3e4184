import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "../../runnerFixture.ts";
import { CASES, CHECK, MAKE, PRELUDE } from "./casesFixture.ts";

const { subtle } = webcrypto;

/** Keys of every kind in every format, made by Node. */
async function keys(): Promise<unknown[]> {
  const rows: unknown[] = [];
  const rsa = { modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const signs = [["verify"], ["sign"]];
  const algorithms: [Record<string, unknown> & { name: string }, string[][]][] = [
    [{ name: "RSASSA-PKCS1-v1_5", ...rsa }, signs],
    [{ name: "RSA-PSS", ...rsa, hash: "SHA-512" }, signs],
    [{ name: "RSA-OAEP", ...rsa, hash: "SHA-1" }, [["encrypt", "wrapKey"], ["decrypt", "unwrapKey"]]],
    [{ name: "Ed25519" }, signs],
    [{ name: "X25519" }, [[], ["deriveBits"]]],
    ...["P-256", "P-384", "P-521"].flatMap((namedCurve): [Record<string, unknown> & { name: string }, string[][]][] => [
      [{ name: "ECDSA", namedCurve }, signs],
      [{ name: "ECDH", namedCurve }, [[], ["deriveKey", "deriveBits"]]],
    ]),
  ]; // biome-ignore format: a table
  for (const [algorithm, [ofPublic, ofPrivate]] of algorithms) {
    const pair = (await subtle.generateKey(algorithm as never, true, [
      ...(ofPublic ?? []),
      ...(ofPrivate ?? []),
    ] as never)) as unknown as webcrypto.CryptoKeyPair;
    const { modulusLength, publicExponent, ...given } = algorithm;
    for (const [format, key, usages] of [
      ["raw", pair.publicKey, ofPublic],
      ["spki", pair.publicKey, ofPublic],
      ["pkcs8", pair.privateKey, ofPrivate],
      ["jwk", pair.publicKey, ofPublic],
      ["jwk", pair.privateKey, ofPrivate],
    ] as const) {
      // biome-ignore format: a table
      if (format === "raw" && algorithm.name.startsWith("RSA")) continue;
      const exported = await subtle.exportKey(format as never, key);
      const bytes = format === "jwk" ? exported : Buffer.from(exported as unknown as ArrayBuffer).toString("hex");
      rows.push([`${algorithm.name} ${format}`, format, bytes, given, usages]);
    }
  }
  return rows;
}

const BODIES: Readonly<Record<string, string>> = { ...CASES, make: MAKE, check: CHECK };
const RUNNER_CODE = `${PRELUDE}
const bodies = { ${Object.entries(BODIES).map(([name, body]) => `${name}: async (KEYS, given) => { ${body} }`).join(",\n")} };
export default { async fetch(request) { const { name, keys, given } = await request.json(); return Response.json(await bodies[name](keys, given)); } };`; // biome-ignore format: code

/** What one of the cases gives in Node. */
async function inNode(name: string, keysGiven: unknown[], given?: unknown): Promise<unknown> {
  const run = new Function("KEYS", "given", `return (async () => { ${PRELUDE} ${BODIES[name]} })();`);
  return JSON.parse(JSON.stringify(await run(keysGiven, given)));
}

/** Where two results differ; whole results would fill pages. */
function differences(actual: unknown, expected: unknown, path = ""): string[] {
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length === expected.length)
    return actual.flatMap((item, index) => differences(item, expected[index], `${path}[${index}]`));
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value, sorted)?.slice(0, 200));
  return is === should ? [] : [`${path}: ${is}, not ${should}`];
}

function sorted(_: string, value: unknown): unknown {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? Object.fromEntries(Object.entries(value).toSorted()) : value;
}

describe("Web Cryptography", () => {
  let runner: TestRunner;
  let made: unknown[];
  before(async () => {
    made = await keys();
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const limits = { cpuMs: 30_000, wallMs: 30_000 };
    await runner.deploy({ crypto: { code: RUNNER_CODE, routes: ["/*"], limits } });
  });
  after(() => runner[Symbol.asyncDispose]());

  async function inRunner(name: string, given?: unknown): Promise<unknown> {
    const { status, body } = await runner.fetch("/", {
      method: "POST",
      body: JSON.stringify({ name, keys: made, given }),
    });
    assert.equal(status, 200, body);
    return JSON.parse(body);
  }

  for (const name of Object.keys(CASES)) {
    it(`does what Node's own does: ${name}`, async () => {
      assert.deepEqual(differences(await inRunner(name), await inNode(name, made)), []);
    });
  }

  it("understands what others make, and is understood", async () => {
    const ours = await inRunner("make");
    const theirs = await inNode("make", made);
    assert.deepEqual((ours as { secrets: unknown }).secrets, (theirs as { secrets: unknown }).secrets);
    const expected = await inNode("check", made, theirs);
    assert.deepEqual(await inRunner("check", theirs), expected);
    assert.deepEqual(await inNode("check", made, ours), expected);
    assert.deepEqual(await inRunner("check", ours), expected);
    for (const row of (expected as { signatures: unknown[][] }).signatures)
      assert.deepEqual(row.slice(2), [true, false, false, false, false]);
  });
});
