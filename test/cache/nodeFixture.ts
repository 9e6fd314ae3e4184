import { DEFAULT_SIZE } from "../../components/config/schema.ts";
import type { NodeConfig } from "../../components/node/nodeConfig.ts";

/** A node without siblings, other regions or origins, with a small cache. */
export const NODE: NodeConfig = {
  name: "eu-central-1",
  region: "eu-central-1",
  domain: "edge.test",
  address: "127.0.1.2",
  ports: {
    https: 8443,
    http: 8080,
    peers: 8444,
    haproxyMetrics: 8404,
    varnishMetrics: 9131,
    runnerAdmin: 9464,
    agentAdmin: 9465,
  },
  size: { ...DEFAULT_SIZE, cacheMb: 8 },
  loadBalancers: [],
  siblings: [],
  regions: [],
  resolver: null,
  origins: [],
  cache: { staticPaths: ["/assets/*", "/favicon.ico"] },
  containers: [],
  postgres: [],
  redis: [],
  issuers: [],
  countryMap: false,
};

/** One with all of these. */
export const FARM_NODE: NodeConfig = {
  ...NODE,
  siblings: [{ name: "eu-central-1-2", address: "127.1.1.2" }],
  regions: [{ name: "us-east-1", host: "us-east-1.geo.edge.test" }],
  origins: [
    {
      name: "my-site",
      host: "10.0.0.7",
      port: 80,
      tls: null,
      serves: ["www.example.com", "example.com"],
      shield: "us-east-1",
      connections: 20,
      health: null,
    },
  ],
};
