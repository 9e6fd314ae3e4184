const SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** PROXY protocol 2: a connection from this IPv4 address, port 12345, to 10.0.0.1:8443. */
export function proxyHeader(from: string): Buffer {
  const addresses = [...from.split(".").map(Number), 10, 0, 0, 1, 0x30, 0x39, 0x20, 0xfb];
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0, addresses.length, ...addresses])]);
}

/** The same for a connection of the load balancer's own. */
export const OWN_PROXY_HEADER = Buffer.concat([SIGNATURE, Buffer.from([0x20, 0, 0, 0])]);
