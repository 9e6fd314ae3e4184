/** Where a node's bundle may be fetched from: the region's own replica, then home. */
export interface BundleSource {
  /** Region of the store: requests are signed for it. */
  readonly region: string;
  readonly url: string;
}

/** What a machine is told of how it becomes a node; nothing of it is secret. */
export interface BootConfig {
  /** The machine's own region. */
  readonly region: string;
  readonly bundle: {
    /** Of the bundle's bytes, 64 hex digits: what has another is not unpacked. */
    readonly sha256: string;
    /** Tried in turn. */
    readonly sources: readonly BundleSource[];
  };
  /** Registries that the machine's role opens: `<account>.dkr.ecr.<region>.amazonaws.com`. */
  readonly registries: readonly string[];
  /** Hours of the day, UTC, in which security updates are installed. */
  readonly updates: { readonly fromHour: number; readonly hours: number };
  /** Auto scaling group whose hooks `edge-launch` and `edge-terminate` wait for the machine; null for none. */
  readonly scalingGroup: string | null;
  /** Port on which the node says whether it serves. */
  readonly httpPort: number;
  /** How long connections go on to be served after the load balancer was told to send no more, seconds. */
  readonly drainSeconds: number;
}

/** Where things are on the machine. */
export const MACHINE = {
  /** The bundle, unpacked. */
  bundle: "/opt/edge/bundle",
  /** What outlives containers. */
  data: "/var/lib/edge",
  /** Instance metadata; containers on bridges are a hop too far from it. */
  metadata: "http://169.254.169.254",
} as const;
