/** What tests render a node's containers from. Test data: these images do not exist. */

import { INSTANCE_TYPES } from "../../config/instanceTypes.ts";
import { DEFAULT_SIZE } from "../../config/schema.ts";
import type { ContainerNodeArgs } from "./containerNode.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

export const CONTAINER_NODE: ContainerNodeArgs = {
  node: {
    name: "eu-central-1-a",
    region: "eu-central-1",
    domain: "edge.test",
    address: "0.0.0.0",
    ports: {
      https: 443,
      http: 80,
      peers: 8444,
      haproxyMetrics: 8404,
      varnishMetrics: 9131,
      runnerAdmin: 9464,
      agentAdmin: 9465,
    },
    size: { ...DEFAULT_SIZE, workers: 2, cacheMb: 256 },
    loadBalancers: ["10.40.0.0/16"],
    siblings: [],
    cloud: {
      group: "edge-test-eu-central-1",
      home: "us-east-1",
      certificateSecrets: { fleet: "edge/test/certificate", peers: "edge/test/certificate-peers" },
      secretPrefix: "edge-fleet/test/",
    },
    regions: [{ name: "us-east-1", host: "us-east-1.geo.edge.test" }],
    resolver: null,
    origins: [
      {
        ...{ name: "shop", host: "shop.example.com", port: 443, serves: ["www.example.com"], shield: null },
        ...{ connections: 64, health: null, tls: { serverName: "shop.example.com", ca: "PEM of an authority\n" } },
      },
    ],
    containers: [],
    cache: { staticPaths: [] },
    postgres: [],
    redis: [],
    issuers: [],
    countryMap: true,
  },
  machine: {
    ...INSTANCE_TYPES["t4g.medium"],
    data: "/var/lib/edge",
    adminAddress: "127.0.0.1",
  },
  images: {
    haproxy: `registry.test/haproxy:3.4.3@${digest("1")}`,
    varnish: `registry.test/edge-varnish@${digest("2")}`,
    runner: `registry.test/edge-runner@${digest("3")}`,
    "node-exporter": `registry.test/node-exporter:v1.12.1@${digest("4")}`,
  },
  functions: [
    {
      name: "resize",
      image: `registry.test/resize@${digest("5")}`,
      port: 8000,
      cpus: 0.5,
      memoryMb: 256,
      health: ["/bin/check"],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what Compose would take for a variable
      env: { GREETING: "costs $5, ${NAME}" },
    },
  ],
};
