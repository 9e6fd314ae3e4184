import type { NodeConfig } from "../../components/node/nodeConfig.ts";
import { LONE_NODE } from "../../components/node/nodeFixture.ts";

/** A node without siblings, other regions or origins, with a small cache. */
export const NODE: NodeConfig = {
  ...LONE_NODE,
  size: { ...LONE_NODE.size, cacheMb: 8 },
  cache: { staticPaths: ["/assets/*", "/favicon.ico"] },
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
