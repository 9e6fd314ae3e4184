/**
 * Positions in the order in which a function prefers them: rendezvous hashing. Each function has an order of its own, so
 * when a position is lost its functions spread over all others, and nobody else's move.
 */
export function preferenceOf(name: string, positions: number): readonly number[] {
  const seed = fnv1a(name);
  const weights = Array.from({ length: positions }, (_, position) => mixed(seed ^ Math.imul(position + 1, 0x9e3779b1)));
  return weights
    .map((_, position) => position)
    .sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
}

/** FNV-1a, 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}

/** MurmurHash3's last step: near inputs, far outputs. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
