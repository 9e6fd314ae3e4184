import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import { imageHeader } from "../../functions/ready/images/header.ts";
import { TestRunner } from "../../runner/runnerFixture.ts";
import { png, pngOf, readPng } from "./png.ts";
import { documentedConfigs, readyFunction } from "./ready.ts";
import { Upstream } from "./upstream.ts";

const FOLDER = join(import.meta.dirname, "images");
const RED = [220, 30, 30, 255];
const BLUE = [30, 30, 220, 255];
const MEGAPIXELS = 1_000_000;
const file = (name: string) => readFileSync(join(FOLDER, name));
/** Codecs that lose something change colours by a few steps. */
const isNear = (a: readonly number[], b: readonly number[]) =>
  a.every((value, n) => Math.abs(value - (b[n] as number)) < 24);

interface Image {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

describe("images, in a real runner", () => {
  let upstream: Upstream;
  let runner: TestRunner;
  const sources = new Map<string, Buffer>();
  before(async () => {
    upstream = await new Upstream().listen();
    upstream.handlers.source = (request, response) => {
      const found = sources.get(request.url?.split("/").at(-1) as string);
      if (request.url?.endsWith("/cut")) request.socket.destroy();
      else if (request.url?.endsWith("/moved")) response.writeHead(302, { location: "/elsewhere" }).end();
      else response.writeHead(found === undefined ? 404 : 200).end(found);
    };
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port: upstream.port }] });
    await runner.start();
    const config = documentedConfigs().get("images");
    assert.ok(config);
    const ready = await readyFunction(config, { SOURCE: `${upstream.url}/source/` });
    // What its limits let through is tried, not how fast this machine is.
    const images = { ...ready, limits: { ...ready.limits, cpuMs: 30_000, wallMs: 30_000 } };
    await runner.deploy({ images, bare: { ...images, routes: ["/bare/*"], env: {} } });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    upstream.close();
  });

  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    new Promise<Image>((resolve, reject) => {
      const options = { socketPath: runner.config.data, path, method, headers: { host: "edge.example", ...headers } };
      const request = httpRequest(options, async (response) => {
        const bytes = Buffer.concat(await response.toArray());
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
      });
      request.once("error", reject).end();
    });
  const image = (name: string, source: Buffer, query = "") => {
    sources.set(name, source);
    return get(`/images/${name}${query}`);
  };
  /** As pixels: once more through the function, as a PNG. */
  async function pixelsOf({ status, bytes }: Image) {
    assert.equal(status, 200, bytes.toString());
    const { status: again, bytes: content } = await image("again", bytes, "?format=png");
    assert.equal(again, 200, content.toString());
    return readPng(content);
  }

  for (const name of ["progressive.jpg", "grey.jpg", "palette.png", "alpha.webp", "lossless.webp"]) {
    for (const format of ["jpeg", "png", "webp"] as const) {
      it(`makes a ${format} of ${name}`, async () => {
        const answer = await image(name, file(name), `?format=${format}`);
        assert.equal(answer.headers["content-type"], `image/${format}`, answer.bytes.toString());
        assert.deepEqual(imageHeader(answer.bytes), { format, width: 120, height: 80 });
        const pixels = await pixelsOf(answer);
        const left = pixels.at(20, 40);
        if (!name.startsWith("grey")) assert.ok(isNear(left, RED), `${left}`);
        const isClear = /alpha|lossless/.test(name) && format !== "jpeg";
        assert.equal(pixels.at(100, 40)[3], isClear ? 0 : 255);
      });
    }
  }

  it("turns a photo as the camera noted it, and makes it as wide as asked", async () => {
    const answer = await image("turned.jpg", file("turned.jpg"));
    assert.deepEqual(imageHeader(answer.bytes), { format: "jpeg", width: 80, height: 120 });
    const pixels = await pixelsOf(answer);
    assert.ok(isNear(pixels.at(40, 20), RED) && isNear(pixels.at(40, 100), BLUE));
  });

  it("keeps the shape, fine colours and what is transparent of a large image made small", async () => {
    const source = png(1_500, 1_000, (x) => (x < 750 ? RED : [0, 255, 0, 0]));
    const answer = await image("large.png", source, "?w=160");
    const pixels = readPng(answer.bytes);
    assert.deepEqual([pixels.width, pixels.height], [160, 107]);
    assert.deepEqual([pixels.at(10, 50), pixels.at(150, 50)], [RED, [0, 0, 0, 0]]);
  });

  it("makes nothing larger, and tells caches what they may keep", async () => {
    const answer = await image(
      "small.png",
      png(20, 10, () => BLUE),
      "?w=1920",
    );
    assert.deepEqual(imageHeader(answer.bytes), { format: "png", width: 20, height: 10 });
    const { etag, "cache-control": kept, "x-content-type-options": sniff } = answer.headers;
    assert.match(kept as string, /^public, max-age=86400/);
    assert.equal(sniff, "nosniff");
    const again = await get("/images/small.png?w=1920", { "if-none-match": etag as string });
    assert.deepEqual([again.status, again.bytes.length], [304, 0]);
    assert.notEqual((await get("/images/small.png?w=160")).headers.etag, etag);
    assert.equal((await get("/images/small.png", {}, "HEAD")).status, 200);
  });

  it("takes six megapixels in every format, one after the other, within its heap", async () => {
    const source = png(3_000, 2_000, (x, y) => [x & 255, y & 255, 99, 255]);
    const versions = [source];
    for (const format of ["jpeg", "webp"] as const) {
      const { status, bytes } = await image("six.png", source, `?format=${format}`);
      assert.equal(status, 200, `${format}: ${bytes.subarray(0, 300)}`);
      versions.push(bytes);
    }
    for (const version of [...versions, ...versions]) {
      const { status, bytes } = await image("six", version, "?w=640&format=webp");
      assert.equal(status, 200, `${bytes.subarray(0, 300)}`);
    }
    const ended = { function: "images", cause: "heap" };
    assert.equal((await runner.metrics()).sum("edge_runner_isolate_exits_total", ended), 0);
  });

  it("refuses what is no image, too large, broken or a bomb, for a while", async () => {
    const photo = file("progressive.jpg");
    const rows = deflateSync(Buffer.alloc(20 * MEGAPIXELS));
    for (const [what, source, says] of [
      ["empty", Buffer.alloc(0), /is no jpeg, png, webp/],
      ["text", Buffer.from("<svg onload='alert(1)'/>"), /is no jpeg, png, webp/],
      ["gif", file("animated.gif"), /is no jpeg, png, webp/],
      ["huge", Buffer.alloc(8_388_609), /more than 8388608 bytes/],
      ["wide", pngOf(50_000, 50_000, deflateSync(Buffer.from("x"))), /50000 × 50000 pixels, the most is 6000000/],
      ["endless", pngOf(0xffffffff, 1, rows), /pixels, the most is/],
      ["liar", pngOf(10, 10, deflateSync(Buffer.from("too little"))), /cannot be read/],
      ["cut.jpg", photo.subarray(0, 200), /cannot be read/],
      ["cut.png", file("palette.png").subarray(0, 60), /cannot be read/],
      ["cut.webp", file("alpha.webp").subarray(0, 60), /cannot be read/],
      ["cmyk.jpg", file("cmyk.jpg"), /cannot be read/],
    ] as const) {
      const { status, headers, bytes } = await image(what, source);
      assert.equal(status, 422, `${what}: ${status} ${bytes.subarray(0, 200)}`);
      assert.match(bytes.toString(), says, what);
      assert.equal(headers["cache-control"], "public, max-age=300");
    }
    // A codec that stumbled works on.
    assert.equal((await image("progressive.jpg", photo, "?format=png")).status, 200);
    assert.equal((await image("palette.png", file("palette.png"))).status, 200);
  });

  it("of damaged images gives an image or says that it cannot, and goes on", async () => {
    for (const name of ["progressive.jpg", "palette.png", "alpha.webp"]) {
      const whole = file(name);
      for (let n = 0; n < 24; n++) {
        const damaged = Buffer.from(whole);
        for (let at = 12 + n; at < damaged.length; at += 29) damaged[at] = (damaged[at] as number) ^ (1 << (n % 8));
        const { status, bytes } = await image(`${n}.${name}`, damaged);
        assert.ok(status === 200 || status === 422, `${name} ${n}: ${status} ${bytes.subarray(0, 200)}`);
      }
      assert.equal((await image(name, whole)).status, 200);
    }
  });

  it("refuses what it was not asked for by a page", async () => {
    sources.set(
      "a.png",
      png(2, 2, () => RED),
    );
    for (const query of ["w=1", "w=159", "w=", "w=160&w=320", "format=gif", "format=__proto__", "q=80", "w=160&x=1"]) {
      const { status, headers } = await get(`/images/a.png?${query}`);
      assert.deepEqual([status, headers["cache-control"]], [400, "no-store"], query);
    }
    for (const [path, status] of [
      ["/images/", 404],
      ["/images/none.png", 404],
      ["/images/cut", 502],
      ["/images/moved", 502],
    ] as const)
      assert.equal((await get(path)).status, status, path);
    assert.equal((await get("/images/a.png", {}, "POST")).status, 405);
    assert.match((await get("/bare/a.png")).bytes.toString(), /env\.SOURCE/);
  });
});
