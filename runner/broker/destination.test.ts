import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AllowList } from "./allowList.ts";
import { EgressRules, Refusal, type RefusalReason } from "./destination.ts";

const ANYTHING = new AllowList(null);
const rules = new EgressRules({
  origins: [
    { host: "127.0.1.254", port: 9900 },
    { host: "Origin.Example", port: 8080 },
    { host: "origin.internal", port: 80 },
    { host: "::1", port: 9000 },
    { host: "10.0.0.9", port: 25 },
  ],
  denied: ["127.0.1.1", "2606:4700::9"],
  machine: ["8.8.4.4", "10.1.1.1"],
});

function reason(run: () => unknown): RefusalReason | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Refusal, `${error}`);
    return error.reason;
  }
}

function judge(url: string, allow: readonly string[] | null = null): RefusalReason | undefined {
  return reason(() => rules.destination(new URL(url), new AllowList(allow)));
}

describe("egress rules", () => {
  it("let public addresses and names through", () => {
    for (const url of [
      "http://1.1.1.1/",
      "https://api.example.com/x",
      "https://[2606:4700::1]:8443/",
      "http://example.com.:8080/",
    ]) {
      assert.equal(judge(url), undefined, url);
    }
  });

  it("refuse addresses that are not public, in every spelling", () => {
    for (const host of [
      "127.1",
      "0x7f.1",
      "2130706433",
      "127.0.0.1.",
      "[::1]",
      "[::ffff:10.0.0.1]",
      "169.254.169.254",
      "[fd00:ec2::254]",
    ]) {
      assert.equal(judge(`http://${host}/`), "address", host);
    }
  });

  it("refuse names of this machine and of local networks before anyone is asked", () => {
    for (const host of [
      "localhost",
      "LOCALHOST",
      "localhost.",
      "a.localhost",
      "metadata.google.internal",
      "printer.local",
      "router",
      "x.home.arpa",
    ]) {
      assert.equal(judge(`http://${host}/`), "name", host);
    }
  });

  it("refuse other schemes, and ports of other protocols", () => {
    assert.equal(judge("ftp://example.com/"), "scheme");
    assert.equal(judge("file:///etc/passwd"), "scheme");
    for (const port of [22, 25, 6379 - 379, 6667])
      assert.equal(judge(`http://example.com:${port}/`), "port", `${port}`);
  });

  it("except an origin by exact host and port only, never by an address that it has", () => {
    assert.equal(judge("http://127.0.1.254:9900/x"), undefined);
    assert.equal(judge("http://127.0.1.254:9901/x"), "address");
    assert.equal(judge("http://127.0.1.254/x"), "address");
    assert.equal(judge("http://[::1]:9000/"), undefined);
    assert.equal(judge("http://[::ffff:127.0.1.254]:9900/"), "address");
    assert.equal(judge("http://origin.internal/"), undefined);
    assert.equal(judge("http://origin.internal:81/"), "name");
    assert.equal(judge("http://10.0.0.9:25/"), undefined);
    const origin = rules.destination(new URL("http://ORIGIN.example:8080/"), ANYTHING);
    assert.equal(
      reason(() => rules.checkAddresses(origin, ["10.0.0.5"])),
      undefined,
    );
    assert.equal(judge("http://10.0.0.5:8080/"), "address");
    const stranger = rules.destination(new URL("http://evil.example:8080/"), ANYTHING);
    assert.equal(
      reason(() => rules.checkAddresses(stranger, ["10.0.0.5"])),
      "address",
    );
  });

  it("refuse a name as soon as one of its addresses is not public", () => {
    const destination = rules.destination(new URL("http://half.example/"), ANYTHING);
    assert.equal(
      reason(() => rules.checkAddresses(destination, ["1.1.1.1", "2606:4700::1"])),
      undefined,
    );
    assert.equal(
      reason(() => rules.checkAddresses(destination, ["1.1.1.1", "10.0.0.1"])),
      "address",
    );
    assert.equal(
      reason(() => rules.checkAddresses(destination, ["1.1.1.1", "::ffff:127.0.0.1"])),
      "address",
    );
  });

  it("refuse the node's own addresses, also to an origin, and the machine's to all but an origin", () => {
    assert.equal(judge("http://127.0.1.1:8080/"), "own-address");
    assert.equal(judge("http://[2606:4700::9]/"), "own-address");
    assert.equal(judge("http://8.8.4.4/"), "own-address");
    const origin = rules.destination(new URL("http://origin.internal/"), ANYTHING);
    assert.equal(
      reason(() => rules.checkAddresses(origin, ["127.0.1.1"])),
      "own-address",
    );
    assert.equal(
      reason(() => rules.checkAddresses(origin, ["10.1.1.1"])),
      undefined,
    );
  });

  it("hold a function to its allow list, origins included", () => {
    const allow = ["api.example.com", "*.cdn.example", "pay.example:8443", "[2606:4700::1]"];
    for (const url of [
      "https://api.example.com/",
      "https://API.example.com.:9443/",
      "http://a.b.cdn.example/",
      "https://pay.example:8443/",
      "http://[2606:4700::1]/",
    ]) {
      assert.equal(judge(url, allow), undefined, url);
    }
    for (const url of [
      "https://example.com/",
      "https://cdn.example/",
      "https://evilcdn.example/",
      "https://pay.example/",
      "http://127.0.1.254:9900/",
      "https://api.example.com.evil.example/",
    ]) {
      assert.equal(judge(url, allow), "allow-list", url);
    }
    assert.equal(judge("https://example.com/", []), "allow-list");
    assert.equal(judge("http://127.0.1.254:9900/", ["127.0.1.254:9900"]), undefined);
    assert.equal(judge("http://10.0.0.1/", ["10.0.0.1"]), "address");
  });
});
