import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { indexDigest } from "./registry.ts";
import { INDEX, INDEX_DIGEST, INDEX_TYPE, standInRegistry } from "./registryFixture.ts";

const { signal } = new AbortController();

describe("the digest of an image", () => {
  it("is that of its index, whatever registry has it", async (t) => {
    const host = await standInRegistry(t, ({ url, headers }, response) => {
      assert.equal(url, "/v2/library/haproxy/manifests/3.4.3");
      assert.match(`${headers.accept}`, /image\.index\.v1\+json.*manifest\.list\.v2\+json/);
      response.writeHead(200, { "content-type": INDEX_TYPE, "docker-content-digest": INDEX_DIGEST }).end(INDEX);
    });
    assert.equal(await indexDigest(`${host}/library/haproxy:3.4.3`, signal), INDEX_DIGEST);
  });

  it("is asked for with a token where the registry wants one", async (t) => {
    const host = await standInRegistry(t, ({ url = "", headers }, response) => {
      if (url.startsWith("/token")) {
        assert.equal(url, "/token?service=here&scope=repository%3Aa%2Fb%3Apull");
        response.end('{"token":"t1"}');
      } else if (headers.authorization === "Bearer t1")
        response.writeHead(200, { "content-type": INDEX_TYPE }).end(INDEX);
      else {
        const challenge = `Bearer realm="http://${headers.host}/token",service="here",scope="repository:a/b:pull"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      }
    });
    assert.equal(await indexDigest(`${host}/a/b:1`, signal), INDEX_DIGEST);
  });

  for (const [what, status, headers, body, says] of [
    ["a tag that is not there", 404, {}, "", /a\/b:1: the registry has no such tag \(http:\/\/127/],
    ["a failing registry", 503, {}, "", /answers with 503/],
    ["one that wants a password", 401, { "www-authenticate": "Basic realm=x" }, "", /only what is public/],
    [
      "an image of one architecture",
      200,
      { "content-type": "application/vnd.oci.image.manifest.v1+json" },
      "{}",
      /no index/,
    ],
    [
      "another index than it says",
      200,
      { "content-type": INDEX_TYPE, "docker-content-digest": INDEX_DIGEST },
      "{}",
      /do not trust it/,
    ],
    ["an index without end", 200, { "content-type": INDEX_TYPE }, "x".repeat(5_000_000), /larger than 4194304 bytes/],
  ] as const) {
    it(`is refused by name: ${what}`, async (t) => {
      const host = await standInRegistry(t, (_, response) => response.writeHead(status, headers).end(body));
      await assert.rejects(indexDigest(`${host}/a/b:1`, signal), says);
    });
  }

  it("is refused by name where nothing answers", async (t) => {
    const host = await standInRegistry(t, ({ socket }) => socket.destroy());
    await assert.rejects(indexDigest(`${host}/a/b:1`, signal), /127.*\/a\/b:1: http:\/\/127.* cannot be asked: /);
  });
});
