import { createHash } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export const INDEX = JSON.stringify({ schemaVersion: 2, manifests: [] });
export const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
export const INDEX_DIGEST = `sha256:${createHash("sha256").update(INDEX).digest("hex")}`;

/**
 * A stand-in for a registry, after the OCI distribution specification: no registry can be reached where tests run.
 *
 * @returns its host and port
 */
export async function standInRegistry(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
