/** Nodes that a region has at most: HAProxy and DNS hold a place for each. */
export const LARGEST_FARM = 9;

/**
 * Loopback addresses of a region's nodes, first the one that the config gives: 127.0.1.1, 127.1.1.1, 127.2.1.1.
 * Null where the second number would pass 255.
 */
export function nodeAddresses(first: string, nodes: number): string[] | null {
  const [a, b, ...rest] = first.split(".");
  if (Number(b) + nodes - 1 > 255) return null;
  return Array.from({ length: nodes }, (_, index) => [a, Number(b) + index, ...rest].join("."));
}

/** Names of a region's nodes: the first is called as the region is. */
export function nodeNames(region: string, nodes: number): string[] {
  return Array.from({ length: nodes }, (_, index) => (index === 0 ? region : `${region}-${index + 1}`));
}
