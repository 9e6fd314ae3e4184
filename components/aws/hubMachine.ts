/** Tags by which commands find a fleet's hub among the machines of its home region. */
export function hubTags(fleet: { readonly name: string }): Readonly<Record<string, string>> {
  return { "edge-fleet": fleet.name, "edge-fleet:part": "hub" };
}

/** Where Prometheus listens on the hub, on its loopback address alone. */
export const HUB_PROMETHEUS_PORT = 9090;
