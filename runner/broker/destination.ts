import type { AllowedOrigin } from "../config.ts";
import { canonicalAddress, isPublicAddress, literalAddress } from "./addressFilter.ts";
import type { AllowList } from "./allowList.ts";
import { isBadPort } from "./badPorts.ts";

/** Why a sub-request was not sent; the closed list that the metric uses. */
export type RefusalReason =
  | "scheme"
  | "port"
  | "name"
  | "address"
  | "own-address"
  | "allow-list"
  | "method"
  | "binding"
  | "function";

/** The function may not go there. The message may be shown to it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

interface Rules {
  /** Hosts of the stack config, private or not, by exact host and port. */
  readonly origins: readonly AllowedOrigin[];
  /** The node's own addresses: never reached, not even as an origin. */
  readonly denied: readonly string[];
  /** Addresses of the machine's interfaces: reached as an origin only. */
  readonly machine: readonly string[];
}

/** Names that mean this machine or its own network, whatever a resolver says. */
const LOCAL_NAME = /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home|corp|arpa)$/;

/** Where a URL leads, checked as far as it can be without a resolver. */
export interface Destination {
  readonly url: URL;
  readonly port: number;
  /** Host without brackets or a dot at its end. */
  readonly host: string;
  readonly literal: string | undefined;
  /** Named by the stack config by exact host and port: its address may be private. */
  readonly isOrigin: boolean;
}

/** The rules by which sub-requests leave the node. Pure: names are resolved elsewhere. */
export class EgressRules {
  readonly #origins: ReadonlySet<string>;
  readonly #denied: ReadonlySet<string>;
  readonly #machine: ReadonlySet<string>;

  constructor({ origins, denied, machine }: Rules) {
    this.#origins = new Set(origins.map(({ host, port }) => `${bareHost(host)} ${port}`));
    this.#denied = new Set(denied.map(canonicalAddress));
    this.#machine = new Set(machine.map(canonicalAddress));
  }

  /** @throws Refusal when the scheme, port, name, literal address or the function's allow list forbids it. */
  destination(url: URL, allow: AllowList): Destination {
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new Refusal("scheme", `${url.protocol} URLs cannot be fetched; use http: or https:`);
    }
    const port = portOf(url);
    const host = bareHost(url.hostname);
    const literal = literalAddress(host);
    const isOrigin = this.#origins.has(`${host} ${port}`);
    if (!isOrigin && isBadPort(port)) throw new Refusal("port", `port ${port} speaks another protocol than HTTP`);
    if (!allow.covers(host, port)) {
      throw new Refusal("allow-list", `${host}:${port} is not in the function's egress.allow`);
    }
    if (literal === undefined && !isOrigin && (LOCAL_NAME.test(host) || !host.includes("."))) {
      throw new Refusal("name", `${host}:${port} is not a public address but a name of a local network; ${REMEDY}`);
    }
    const destination = { url, port, host, literal, isOrigin };
    if (literal !== undefined) this.checkAddresses(destination, [literal]);
    return destination;
  }

  /**
   * Judges all addresses that a name has: one that is not public refuses them all, since an honest name does not mix them.
   *
   * @throws Refusal
   */
  checkAddresses({ host, port, isOrigin }: Destination, addresses: readonly string[]): void {
    for (const address of addresses) {
      const canonical = canonicalAddress(address);
      if (this.#denied.has(canonical)) throw new Refusal("own-address", `${host}:${port} is a port of the node itself`);
      if (isOrigin) continue;
      if (!isPublicAddress(address)) {
        throw new Refusal("address", `${host}:${port} is not a public address; ${REMEDY}`);
      }
      if (this.#machine.has(canonical)) {
        throw new Refusal("own-address", `${host}:${port} is an address of the node itself; ${REMEDY}`);
      }
    }
  }
}

const REMEDY = "name it under edge-fleet:origins if functions may reach it";

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

function bareHost(hostname: string): string {
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return host.replace(/\.$/, "").toLowerCase();
}
