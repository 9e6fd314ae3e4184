import assert from "node:assert/strict";
import { test } from "node:test";
import { isAddress, isFleetDomain, isForbiddenOrigin, isHostName, isLoopback } from "./hostName.ts";

function expect(check: (text: string) => boolean, cases: { readonly yes: string[]; readonly no: string[] }): void {
  for (const text of cases.yes) assert.equal(check(text), true, text);
  for (const text of cases.no) assert.equal(check(text), false, text);
}

test("a fleet's domain has two lower-case labels or more and room for names below it", () => {
  const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.`;
  expect(isFleetDomain, {
    yes: ["edge.test", "xn--bcher-kva.example", "a-b.example.com"],
    no: [
      "localhost",
      "Edge.test",
      "edge_1.test",
      "-a.test",
      "a-.test",
      "a..test",
      "edge.test.",
      "127.0.0.1",
      "",
      `${longest}${"d".repeat(60)}`,
    ],
  });
});

test("a host name's last label has a letter, so that it is no address in disguise", () => {
  expect(isHostName, {
    yes: ["origin", "origin.example.com", "1.a"],
    no: ["127.1", "2130706433", "a b", "a/b", "a:1"],
  });
});

test("an address is in its usual notation", () => {
  expect(isAddress, {
    yes: ["10.0.0.7", "::1", "2001:db8::1"],
    no: ["127.1", "0x7f000001", "010.0.0.1", "fe80::1%eth0", "x"],
  });
});

test("a loopback address is one that a process can bind", () => {
  expect(isLoopback, {
    yes: ["127.0.0.1", "127.0.1.254", "127.255.255.254"],
    no: ["127.0.0.0", "127.255.255.255", "128.0.0.1", "::1", "127.1", "localhost", "127.0.0.1.test"],
  });
});

test("the metadata service and addresses of nobody or everybody are no origins", () => {
  expect(isForbiddenOrigin, {
    yes: [
      "169.254.169.254",
      "::ffff:169.254.169.254",
      "fd00:ec2::254",
      "FD00:EC2:0::254",
      "fe80::1",
      "0.0.0.0",
      "::",
      "224.0.0.1",
      "255.255.255.255",
    ],
    no: ["127.0.1.254", "10.0.0.7", "origin.example.com", "2001:db8::1"],
  });
});
