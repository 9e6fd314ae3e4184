import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { issuerConfigs } from "../../components/config/policies.ts";
import { ProblemList } from "../../components/config/problems.ts";
import { type Answer, PolicedNode } from "./policedNode.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const next = generateKeyPairSync("rsa", { modulusLength: 2048 });
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const PEM = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: "jwk" }), kid, use: "sig" }) as never;
const SECRET = "a secret of machines, long enough";
const ISSUER = "https://accounts.example.com/";

type Signer = (text: string) => Buffer;
const RS256: Signer = (text) => sign("sha256", Buffer.from(text), rsa.privateKey);
const ES256: Signer = (text) => sign("sha256", Buffer.from(text), { key: ec.privateKey, dsaEncoding: "ieee-p1363" });
const HS256 =
  (secret: string): Signer =>
  (text) =>
    createHmac("sha256", secret).update(text).digest();

function token(payload: object, header: object = {}, signer: Signer = RS256): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", typ: "JWT", ...header })}.${part({ ...CLAIMS, ...payload })}`;
  return `${text}.${signer(text).toString("base64url")}`;
}

const NOW = Math.floor(Date.now() / 1_000);
const CLAIMS = { iss: ISSUER, sub: "someone", aud: "api", exp: NOW + 600 };
const problems = new ProblemList();
const issuers = issuerConfigs(
  {
    accounts: {
      issuer: ISSUER,
      jwks: { keys: [jwk(rsa.publicKey, "first"), jwk(next.publicKey, "next"), jwk(ec.publicKey, "curve")] },
    },
    machines: { issuer: "machines", secret: "machines-key" },
    strangers: { issuer: "strangers", jwks: { keys: [jwk(stranger.publicKey, "first")] } },
  },
  problems,
);
let node: PolicedNode;

before(async () => {
  problems.throwIfAny("test");
  node = new PolicedNode({ issuers });
  node.node.runner.writeSecret("machines-key", `${SECRET}\n`);
  node.node.runner.writeSecret("url-key", "the key that signs");
  node.node.runner.writeSecret("url-key-old", "the key before it");
  const apiKeys = { partner: sha256("k-partner"), other: sha256("k-other") };
  await node.start({
    keyed: { routes: ["/keyed"], policies: { apiKeys } },
    counted: { routes: ["/counted"], policies: { apiKeys, rateLimits: { key: { requests: 1, window: "1h" } } } },
    users: { routes: ["/users"], policies: { jwt: { issuer: "accounts", audiences: ["api", "urn:admin"] } } },
    machines: { routes: ["/machines"], policies: { jwt: { issuer: "machines", audiences: ["api"] } } },
    signed: { routes: ["/signed/*"], policies: { signedUrls: { secrets: ["url-key", "url-key-old"] } } },
    guessed: { routes: ["/guessed"], policies: { apiKeys, rateLimits: { client: { requests: 2, window: "1h" } } } },
  });
});

after(() => node?.[Symbol.asyncDispose]());

const outcome = ({ body }: Answer) => body.by ?? body.error?.code;
const withKey = (path: string, key: string | string[]) => node.ask(path, { headers: { "x-api-key": key } });

describe("API keys", () => {
  it("let those in who have one, and go no further than the door", async () => {
    const { body } = await withKey("/keyed", "k-partner");
    assert.deepEqual([body.by, body.key], ["keyed", null]);
  });

  it("keep out whoever has none, another, the hash, or two", async () => {
    assert.equal(outcome(await node.ask("/keyed")), "ERR_API_KEY");
    for (const key of ["", "k", sha256("k-partner"), "k-partner,k-partner"]) {
      assert.equal(outcome(await withKey("/keyed", key)), "ERR_API_KEY", key);
    }
    const two = ["GET /keyed HTTP/1.1", "host: edge.test", "x-api-key: wrong", "x-api-key: k-partner"];
    const { status, headers } = await node.askRaw(two);
    assert.deepEqual([status, headers["www-authenticate"]], [401, "ApiKey"]);
  });

  it("are counted each by itself", async () => {
    const keys = ["k-partner", "k-partner", "k-other", "k-other"];
    const statuses = [];
    for (const key of keys) statuses.push((await withKey("/counted", key)).status);
    assert.deepEqual(statuses, [200, 429, 200, 429]);
  });

  it("cannot be guessed faster than a client may ask", async () => {
    const statuses = [];
    for (const key of ["a", "b", "c", "k-partner"]) statuses.push((await withKey("/guessed", key)).status);
    assert.deepEqual(statuses, [401, 401, 429, 429]);
  });
});

describe("tokens", () => {
  const ask = (path: string, bearer: string) => node.ask(path, { headers: { authorization: `Bearer ${bearer}` } });

  it("are taken with the issuer's keys, by name, without one, and of both kinds", async () => {
    const good = {
      "by name": token({}, { kid: "first" }),
      "without a name": token({}),
      "of a curve": token({}, { alg: "ES256", kid: "curve" }, ES256),
      "of the next key": token({}, { kid: "next" }, (text) => sign("sha256", Buffer.from(text), next.privateKey)),
      "for several": token({ aud: ["shop", "urn:admin"] }),
      "with a beginning": token({ nbf: NOW - 10 }),
    };
    for (const [name, bearer] of Object.entries(good)) {
      const { status, body } = await ask("/users", bearer);
      assert.deepEqual([status, body.by], [200, "users"], `${name}: ${JSON.stringify(body)}`);
    }
    const machine = token({ iss: "machines" }, { alg: "HS256" }, HS256(SECRET));
    assert.equal(outcome(await ask("/machines", machine)), "machines");
  });

  it("are refused, with the reason", async () => {
    const [head, payload, signature] = token({}).split(".") as [string, string, string];
    const admin = Buffer.from(JSON.stringify({ ...CLAIMS, sub: "admin" })).toString("base64url");
    const bad: Readonly<Record<string, readonly [string, string]>> = {
      "no algorithm": [token({}, { alg: "none" }, () => Buffer.alloc(0)), "signature"],
      "no algorithm, with a signature": [token({}, { alg: "none" }), "signature"],
      "another spelling": [token({}, { alg: "rs256" }), "signature"],
      "the public key as a secret": [token({}, { alg: "HS256" }, HS256(PEM)), "signature"],
      "an empty secret": [token({}, { alg: "HS256" }, HS256("")), "signature"],
      "another payload": [`${head}.${admin}.${signature}`, "signature"],
      "no signature": [`${head}.${payload}.`, "signature"],
      "a stranger's key": [
        token({}, { kid: "first" }, (text) => sign("sha256", Buffer.from(text), stranger.privateKey)),
        "signature",
      ],
      "an unknown key": [token({}, { kid: "unknown" }), "signature"],
      "a key of its own": [
        token({}, { jwk: stranger.publicKey.export({ format: "jwk" }), kid: "first" }, (text) =>
          sign("sha256", Buffer.from(text), stranger.privateKey),
        ),
        "signature",
      ],
      "an extension": [token({}, { crit: ["b64"], b64: false }), "extension"],
      "another issuer": [token({ iss: "https://accounts.example.com" }), "issuer"],
      "no issuer": [token({ iss: undefined }), "issuer"],
      "another audience": [token({ aud: "shop" }), "audience"],
      "no audience": [token({ aud: undefined }), "audience"],
      "an audience within another": [token({ aud: ["api2", "ap"] }), "audience"],
      "an end in the past": [token({ exp: NOW - 60 }), "expired"],
      "no end": [token({ exp: undefined }), "expired"],
      "an end that is no number": [token({ exp: "never" }), "expired"],
      "a beginning in the future": [token({ nbf: NOW + 300 }), "early"],
      "no token": ["nonsense", "signature"],
    };
    for (const [name, [bearer, reason]] of Object.entries(bad)) {
      const { status, body, headers } = await ask("/users", bearer);
      assert.deepEqual([status, body.error?.code, body.error?.reason], [401, "ERR_TOKEN", reason], name);
      assert.equal(headers["www-authenticate"], "Bearer", name);
    }
  });

  it("are missing where there is none, two, or another scheme", async () => {
    const reasonOf = (answer: Answer) => answer.body.error?.reason;
    assert.equal(reasonOf(await node.ask("/users")), "missing");
    assert.equal(reasonOf(await node.ask("/users", { headers: { authorization: `Basic ${token({})}` } })), "missing");
    const two = [`authorization: Bearer ${token({ aud: "x" })}`, `authorization: Bearer ${token({})}`];
    assert.equal(reasonOf(await node.askRaw(["GET /users HTTP/1.1", "host: edge.test", ...two])), "missing");
  });

  it("that are wrong end nobody else's connection", async () => {
    const zeros = token({}, { alg: "ES256", kid: "curve" }, () => Buffer.alloc(64));
    const strange = token({}, { kid: "first" }, (text) => sign("sha256", Buffer.from(text), stranger.privateKey));
    for (let count = 0; count < 10; count++) {
      for (const bearer of [zeros, strange]) {
        const lines = ["GET /users HTTP/1.1", "host: edge.test", `authorization: Bearer ${bearer}`];
        assert.equal((await node.askRaw(lines)).status, 401);
        // All on the connection that was there before.
        assert.equal((await withKey("/keyed", "k-partner")).status, 200);
      }
    }
  });

  it("of one issuer are nothing to another's", async () => {
    assert.equal(outcome(await ask("/machines", token({ iss: "machines" }))), "ERR_TOKEN");
    assert.equal(outcome(await ask("/users", token({}, { alg: "HS256" }, HS256(SECRET)))), "ERR_TOKEN");
    assert.equal(
      outcome(await ask("/machines", token({ iss: "machines" }, { alg: "HS256" }, HS256(`${SECRET}\n`)))),
      "ERR_TOKEN",
    );
  });
});

describe("signed URLs", () => {
  const url = (
    path: string,
    { key = "the key that signs", method = "GET", host = "edge.test", expires = NOW + 600 } = {},
  ) => {
    const whole = `${path}${path.includes("?") ? "&" : "?"}edge-expires=${expires}`;
    const signature = createHmac("sha256", key).update(`${method} ${host}${whole}`).digest("base64url");
    return `${whole}&edge-signature=${signature}`;
  };

  it("are taken until they end, without what signs them, with the key before too", async () => {
    assert.deepEqual((await node.ask(url("/signed/a?b=c"))).body.url, "https://edge.test/signed/a?b=c");
    assert.deepEqual((await node.ask(url("/signed/a"))).body.url, "https://edge.test/signed/a");
    assert.equal((await node.ask(url("/signed/a"), { method: "HEAD" })).status, 200);
    assert.equal(outcome(await node.ask(url("/signed/a", { key: "the key before it" }))), "signed");
    assert.equal(outcome(await node.ask(url("/signed/a", { method: "PUT" }), { method: "PUT" })), "signed");
  });

  it("hold for what was signed and for nothing else", async () => {
    const good = url("/signed/a?b=c");
    const bad: Readonly<Record<string, readonly [string, string]>> = {
      "no signature": ["/signed/a?b=c", "missing"],
      "another path": [good.replace("/a?", "/b?"), "wrong"],
      "another query": [good.replace("b=c", "b=d"), "wrong"],
      "a later end": [good.replace(/expires=\d+/, `expires=${NOW + 9_999}`), "wrong"],
      "more after it": [`${good}&b=d`, "missing"],
      "more before it": [good.replace("?b", "?a=1&b"), "wrong"],
      "another key": [url("/signed/a", { key: "guess" }), "wrong"],
      "no key": [url("/signed/a", { key: "" }), "wrong"],
      "another host": [url("/signed/a", { host: "other.test" }), "wrong"],
      "another method": [url("/signed/a", { method: "POST" }), "wrong"],
      "an end in the past": [url("/signed/a", { expires: NOW - 1 }), "expired"],
      "two signatures": [`${good}&edge-expires=${NOW + 600}&edge-signature=${"A".repeat(43)}`, "wrong"],
      "half of one": [good.slice(0, -5), "missing"],
    };
    for (const [name, [path, reason]] of Object.entries(bad)) {
      const { status, body } = await node.ask(path);
      assert.deepEqual([status, body.error?.code, body.error?.reason], [403, "ERR_SIGNATURE", reason], name);
    }
    assert.equal(outcome(await node.ask(good, { method: "POST" })), "ERR_SIGNATURE");
  });
});
