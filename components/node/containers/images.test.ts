import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PACKAGE_DIR } from "../../packageDir.ts";
import { type ImagesLock, imageProblems, LOCKED_IMAGES, pinnedImage } from "./images.ts";

/** Test data: no such image exists. */
const DIGEST = `sha256:${"0".repeat(64)}`;
const LOCK = Object.fromEntries(
  Object.keys(LOCKED_IMAGES).map((name) => [name, { image: `registry.test/${name}:1`, digest: DIGEST }]),
) as unknown as ImagesLock;

const shipped = JSON.parse(readFileSync(join(PACKAGE_DIR, "images.lock.json"), "utf8")) as ImagesLock;

describe("images.lock.json", () => {
  it("names every image by registry, name and tag; what it has no digest of is told, and nothing else", () => {
    const missing = Object.values(shipped).filter(({ digest }) => digest === null);
    const problems = imageProblems(shipped);
    assert.equal(problems.length, missing.length);
    for (const problem of problems) assert.match(problem, /has no digest: edge bump-images looks it up$/);
  });

  it("has the bases that the Dockerfiles have by default", () => {
    const bases = ["runner/Dockerfile", "components/node/containers/varnish/Dockerfile"].flatMap((file) =>
      [...readFileSync(join(PACKAGE_DIR, file), "utf8").matchAll(/^ARG (?:\w+_)?BASE=(\S+)$/gm)].map(
        ([, base]) => base,
      ),
    );
    const { node, varnish, debian } = shipped;
    assert.deepEqual(bases, [node.image.replace("docker.io/library/", ""), varnish.image, debian.image]);
  });
});

describe("imageProblems", () => {
  it("has none where every image is pinned", () => assert.deepEqual(imageProblems(LOCK), []));

  it("names what is missing, unpinned, malformed or unused", () => {
    const { debian: _, ...rest } = LOCK;
    const problems = imageProblems({
      ...rest,
      haproxy: { image: "registry.test/haproxy:1", digest: null },
      varnish: { image: "varnish", digest: "sha256:1234" },
      squid: { image: "registry.test/squid:1", digest: DIGEST },
    });
    assert.deepEqual(problems, [
      "images.lock.json: haproxy (which runs as the node's door) has no digest: edge bump-images looks it up",
      'images.lock.json: varnish (which is the base of the cache\'s image) has image "varnish": give <registry>/<name>:<tag>',
      'images.lock.json: varnish (which is the base of the cache\'s image) has digest "sha256:1234": give sha256: and 64 hex digits, or null',
      'images.lock.json: debian (which has the exporter of Varnish\'s counters) is missing: add { "image": "<registry>/<name>:<tag>", "digest": "sha256:…" }',
      "images.lock.json: squid is used by nothing: remove it",
    ]);
  });
});

describe("pinnedImage", () => {
  it("is name, tag and digest", () => assert.equal(pinnedImage(LOCK, "haproxy"), `registry.test/haproxy:1@${DIGEST}`));

  it("is never made up", () => {
    const lock = { ...LOCK, node: { ...LOCK.node, digest: null } };
    assert.throws(() => pinnedImage(lock, "node"), { message: /has no digest of node/ });
  });
});
