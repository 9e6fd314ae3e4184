import { isAddress } from "../../../config/hostName.ts";
import type { NodeConfig } from "../../nodeConfig.ts";
import { servingOrigins, shieldsOf } from "./origins.ts";

/** The DNS that knows the fleet's regions, and the one that knows everybody else. */
export const REGION_NAMES = "regions";
export const OTHER_NAMES = "others";

/** Only those that are asked. */
export function resolvers(node: NodeConfig): string {
  const { resolver, regions } = node;
  const server = resolver === null ? "parse-resolv-conf" : `nameserver dns ${resolver.address}:${resolver.port}`;
  const asksRegions = regions.length > 0 || shieldsOf(node).length > 0;
  const asksOthers = servingOrigins(node).some(({ host }) => !isAddress(host));
  return [
    ...(asksRegions ? [section(REGION_NAMES, server)] : []),
    ...(asksOthers ? [section(OTHER_NAMES, "parse-resolv-conf")] : []),
  ].join("\n");
}

/** Asked every 5 s, for which the fleet's own DNS says that an answer holds; while DNS is away what was known last does, for a day. */
function section(name: string, server: string): string {
  return `resolvers ${name}
  ${server}
  accepted_payload_size 4096
  resolve_retries 2
  timeout resolve 5s
  timeout retry 1s
  hold timeout 1d
  hold refused 1d
  hold other 1d
`;
}
