import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { type FleetOutputs, summary, tryLines } from "./summary.ts";

const PORTS = {
  https: 8443,
  http: 8080,
  peers: 8444,
  haproxyMetrics: 8404,
  varnishMetrics: 9131,
  runnerAdmin: 9464,
  agentAdmin: 9465,
  dns: 5300,
  prometheus: 9090,
  origin: 9900,
};

const OUTPUTS: FleetOutputs = {
  domain: "edge.test",
  regions: { "us-east-1": "127.0.1.3", "eu-central-1": "127.0.1.2" },
  release: 7,
  routes: { hello: ["/hello/*"], api: ["/api/*", "/v2/*"] },
  local: { hubAddress: "127.0.1.254", ports: PORTS },
};

describe("summary", () => {
  it("shows every region, function and shared address, sorted", () => {
    const lines = stripVTControlCharacters(summary(OUTPUTS, "/home/me/fleet/ca.pem", "/home/me")).split("\n");
    assert.equal(lines[0], "edge.test is up: 2 regions, 2 functions, release 7");
    assert.deepEqual(lines.slice(2, 9), [
      "  REGION         ADDRESS",
      "  eu-central-1   https://127.0.1.2:8443",
      "  us-east-1      https://127.0.1.3:8443",
      "",
      "  FUNCTION   ROUTES",
      "  api        /api/*  /v2/*",
      "  hello      /hello/*",
    ]);
    assert.ok(lines.includes("  geo DNS      127.0.1.254:5300"));
  });

  it("gives three lines to try, each naming the authority relative to where one stands", () => {
    const lines = tryLines(OUTPUTS, "fleet/ca.pem");
    assert.equal(lines.length, 3);
    assert.equal(
      lines[0],
      "curl --cacert fleet/ca.pem --resolve edge.test:8443:127.0.1.2 'https://edge.test:8443/hello?name=you'",
    );
  });
});
