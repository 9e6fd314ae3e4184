import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAllowedOrigin, isPublicAddress, literalAddress } from "./addressFilter.ts";

const REFUSED = [
  "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
  "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
  "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fc00::1",
  "fd00:ec2::254", "fe80::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2001::1", "64:ff9b::7f00:1", "not an address", "",
]; // biome-ignore format: a list

describe("address filter", () => {
  for (const address of REFUSED) {
    it(`refuses ${JSON.stringify(address)}`, () => assert.equal(isPublicAddress(address), false));
  }
  for (const address of ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]) {
    it(`lets ${address} through`, () => assert.equal(isPublicAddress(address), true));
  }

  it("sees the address behind every spelling that a URL takes", () => {
    for (const host of ["0x7f.1", "2130706433", "0177.0.0.1", "127.1"]) {
      assert.equal(literalAddress(new URL(`http://${host}/`).hostname), "127.0.0.1");
    }
    assert.equal(literalAddress(new URL("http://[::1]/").hostname), "::1");
    assert.equal(literalAddress("localhost"), undefined);
  });

  it("excepts an origin by exact host and port only", () => {
    const origins = [{ host: "127.0.1.254", port: 9900 }];
    assert.equal(isAllowedOrigin(new URL("http://127.0.1.254:9900/x"), origins), true);
    assert.equal(isAllowedOrigin(new URL("http://127.0.1.254:9901/x"), origins), false);
    assert.equal(isAllowedOrigin(new URL("http://127.0.1.254/x"), origins), false);
    assert.equal(isAllowedOrigin(new URL("http://origin.example:9900/x"), origins), false);
  });
});
