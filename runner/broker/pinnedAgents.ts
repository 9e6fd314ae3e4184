import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { LookupFunction } from "node:net";

/** Shorter than the 5 s after which many servers close: a socket is not reused in the moment it dies. */
const IDLE_SOCKET_MS = 4_000;

/** What a connection is reused by, besides host and port. */
export interface Pin {
  /** Connections belong to one function: what it does to a connection reaches no other. */
  readonly owner: string;
  /** Addresses that were checked; a connection to others is not reused. */
  readonly addresses: readonly string[];
}

function pinName({ owner, addresses }: Pin): string {
  return `${owner} ${[...addresses].sort().join(",")}`;
}

class PinnedHttpAgent extends HttpAgent {
  override getName(options?: AgentOptions & Partial<{ pin: Pin }>): string {
    return `${super.getName(options)} ${pinName(options?.pin as Pin)}`;
  }
}

class PinnedHttpsAgent extends HttpsAgent {
  override getName(options?: AgentOptions & Partial<{ pin: Pin }>): string {
    return `${super.getName(options)} ${pinName(options?.pin as Pin)}`;
  }
}

/** Agents by a URL's protocol; requests through them need a `pin` among their options. */
export function pinnedAgents() {
  const options = { keepAlive: true, timeout: IDLE_SOCKET_MS, maxFreeSockets: 8 };
  return { "http:": new PinnedHttpAgent(options), "https:": new PinnedHttpsAgent(options) };
}

/** Connects to what was checked, whatever the name means by now. */
export function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const [first] = all;
  return (_, options, callback) => {
    if (options.all) callback(null, all);
    else callback(null, first?.address ?? "", first?.family);
  };
}
