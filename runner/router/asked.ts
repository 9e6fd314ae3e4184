import type { IncomingMessage } from "node:http";
import type { EdgeInfo } from "../contract.ts";
import type { Failure } from "../errors.ts";
import { POLICY_HEADER } from "../policies/policies.ts";
import { previewLabel, previewLabelOf } from "../release/previewAddress.ts";
import { PREVIEW_HEADER, readPreviewToken } from "../release/previewToken.ts";
import { functionTag, VERSION_HEADER } from "../traffic/arm.ts";
import type { ArmCounter } from "../traffic/armCounts.ts";
import type { Deployment } from "./deployment.ts";
import type { PreviewSecret } from "./previewSecret.ts";
import type { ActiveRelease } from "./releases.ts";
import { requestUrl } from "./requestHead.ts";

/** The version that a request is for, and how it came to it. */
export interface Asked {
  readonly deployment: Deployment;
  readonly url: URL;
  /** By the version's own address: search engines are told to leave it alone. */
  readonly isPreview: boolean;
  /** What the cache is told of the version that answers; undefined where its copies are those of all versions. */
  readonly cachedAs: string | undefined;
  /** A tag of the function's in the cache, where it wants one. */
  readonly tag: string | undefined;
  /** Where the answer counts for a split. */
  readonly counter: ArmCounter | undefined;
}

interface AskedParts {
  readonly active: ActiveRelease;
  /** The fleet's. */
  readonly domain: string;
  readonly secret: PreviewSecret;
}

/** The version that a request is for, or why there is none. */
export function findAsked(
  parts: AskedParts,
  message: IncomingMessage,
  edge: EdgeInfo,
): Asked | Failure | Promise<Asked | Failure> {
  const url = requestUrl(message, edge);
  if ("code" in url) return url;
  const { active, domain } = parts;
  const token = message.headers[PREVIEW_HEADER];
  if (token !== undefined) return byToken(parts, message, url);
  const label = previewLabelOf(url.hostname.replace(/\.$/, ""), domain);
  if (label !== null) return judged(message, previewOf(active, label, url));
  const stable = active.routes.match(message.method ?? "GET", url.hostname, url.pathname)?.target;
  if (stable === undefined) {
    const allow = active.routes.methodsAt(url.hostname, url.pathname);
    return allow.length === 0 ? { code: "ERR_NO_ROUTE" } : { code: "ERR_METHOD_NOT_ALLOWED", allow };
  }
  return judged(message, armOf(active, stable, url, message.headers[VERSION_HEADER]));
}

/** The door has chosen; without its word it is the stable version. */
function armOf({ splits }: ActiveRelease, stable: Deployment, url: URL, wanted: unknown): Asked {
  const split = splits.get(stable.manifest.name);
  const isCandidate = split !== undefined && split.candidate.manifest.version === wanted;
  const deployment = isCandidate ? split.candidate : stable;
  const { version, cache } = deployment.manifest;
  const isApart = wanted !== undefined || (cache !== undefined && cache.onDeploy !== "keep");
  return {
    deployment,
    url,
    isPreview: false,
    cachedAs: isApart ? version : undefined,
    tag: tagOf(deployment),
    counter: split?.counters[isCandidate ? "candidate" : "stable"],
  };
}

async function byToken({ active, secret }: AskedParts, message: IncomingMessage, url: URL): Promise<Asked | Failure> {
  const address = readPreviewToken(`${message.headers[PREVIEW_HEADER]}`, await secret.value(), Date.now());
  if (address === null) return { code: "ERR_PREVIEW_TOKEN" };
  const found = previewOf(active, previewLabel(address), url);
  if (!("code" in found)) return judged(message, found);
  // Whoever has a token may know.
  const labels = [...active.byLabel]
    .filter(([, { manifest }]) => manifest.name === address.function)
    .map(([label]) => label);
  return { ...found, detail: `Of ${address.function} there are: ${labels.sort().join(", ") || "none"}.` };
}

function previewOf(active: ActiveRelease, label: string, url: URL): Asked | Failure {
  const deployment = active.byLabel.get(label);
  return deployment === undefined
    ? { code: "ERR_NO_VERSION" }
    : { deployment, url, isPreview: true, cachedAs: undefined, tag: tagOf(deployment), counter: undefined };
}

function tagOf({ manifest: { name, cache } }: Deployment): string | undefined {
  return cache?.onDeploy === "purge" ? functionTag(name) : undefined;
}

/** Whatever went wrong in front, a function answers nothing that its own policies did not let through. */
function judged(message: IncomingMessage, found: Asked | Failure): Asked | Failure {
  if ("code" in found) return found;
  const { policy } = found.deployment;
  return policy === undefined || message.headers[POLICY_HEADER] === policy ? found : { code: "ERR_POLICY_UNAVAILABLE" };
}
