import { DEFAULT_SIZE } from "../config/schema.ts";
import type { NodeConfig } from "./nodeConfig.ts";

/** What tests make their nodes from: one of a local fleet that is alone, without origins, stores and policies. */
export const LONE_NODE: NodeConfig = {
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
  size: DEFAULT_SIZE,
  loadBalancers: [],
  siblings: [],
  cloud: null,
  regions: [],
  resolver: null,
  origins: [],
  containers: [],
  cache: { staticPaths: [] },
  postgres: [],
  redis: [],
  issuers: [],
  countryMap: false,
};
