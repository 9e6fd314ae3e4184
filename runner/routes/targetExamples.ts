import { TARGET_BYTES_MAX, type TargetRuleName } from "./targetRules.ts";

/** What is sent, byte by byte in Latin-1, and the first rule that it breaks; null when it passes. */
export interface TargetExample {
  readonly target: string;
  readonly host: string;
  readonly rule: TargetRuleName | null;
}

const HOST = "edge.test";

const TARGETS: Readonly<Record<TargetRuleName | "none", readonly string[]>> = {
  length: [`/${"a".repeat(TARGET_BYTES_MAX)}`, `/?${"a".repeat(TARGET_BYTES_MAX)}`],
  form: ["*", "x", "?x", "http://edge.test/x", "HTTPS://other.test/x", "edge.test:443", "\\x"],
  bytes: ["/caf\xe9", "/x\x01", "/x\x7f", "/x?\x80", "/\xff/.."],
  fragment: ["/x#y", "/#", "/x?y#z"],
  backslash: ["/a\\b", "/\\other.test/x", "/x/..\\..\\y"],
  encoding: ["/%", "/%z0", "/x%2", "/%u0041", "/x%%20"],
  zero: ["/%00", "/x%00.js"],
  dots: [
    ...["/.", "/..", "/./x", "/x/../y", "/x/..", "/../../etc/passwd", "/x/.?y"],
    ...["/%2e%2E/x", "/x/.%2e/y", "/x/%2e", "/x%2f..%2fy", "/x/..%2F", "/x%5c..%5Cy", "//../x"],
  ],
  host: [],
  none: [
    ...["/", "/x", "//x", "/x//y", "/x/", "/x%2Fy", "/x%5Cy", "/%78", "/%252e%252e/x", "/...", "/.well-known/x"],
    ...[
      "/x..y",
      "/x?../..",
      "/x?y=\\",
      "/x?%",
      "/x?%00",
      "/x;p=1/y",
      "/~x/$&'()*+,;=:@|^[]{}",
      "/?x",
      `/?${"a".repeat(8_000)}`,
    ],
  ],
};

const HOSTS: Readonly<Record<"host" | "none", readonly string[]>> = {
  host: [
    ...[
      "",
      "a b",
      "a,b",
      "a/b",
      "a?b",
      "a#b",
      "a@b",
      "user:pw@edge.test",
      "a\\b",
      "a..b",
      ".a",
      "caf\xe9.test",
      "a%2eb",
    ],
    ...[
      "edge.test:",
      "edge.test:65536",
      "edge.test:-1",
      "edge.test:80:80",
      "edge.test:x",
      "999.1.1.1",
      "1.2.3",
      "127.1",
    ],
    ...[
      "0x7f.1",
      "a.0x",
      "[::1",
      "::1",
      "[]",
      `${"a".repeat(64)}.test`,
      `${"abcdefg.".repeat(32)}test`,
      "a'b",
      'a"b',
      "a;b",
    ],
  ],
  none: ["edge.test", "EDGE.test:8443", "edge.test.", "a_b.test", "4u.test", "x.4u", "127.0.0.1", "[::1]", "[::1]:443"],
};

/** Requests on which HAProxy, Varnish and the router must agree. */
export const TARGET_EXAMPLES: readonly TargetExample[] = [
  ...Object.entries(TARGETS).flatMap(([rule, targets]) =>
    targets.map((target) => ({ target, host: HOST, rule: rule === "none" ? null : (rule as TargetRuleName) })),
  ),
  ...Object.entries(HOSTS).flatMap(([rule, hosts]) =>
    hosts.map((host) => ({ target: "/x", host, rule: rule === "none" ? null : ("host" as const) })),
  ),
];
