import { chmodSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { connect } from "node:net";

/** Of a worker's sockets: the folder around them says who gets there, and that is one user. */
export const WORKER_SOCKET_MODE = 0o666;

/**
 * Listens on a UNIX socket. What a dead process left at the path is taken away; a living owner is not.
 *
 * @param mode permissions of the socket: who may connect.
 * @throws Error naming the path when another process listens there, or the folder is missing or not writable.
 */
export async function listenOnSocket(server: Server, path: string, mode: number): Promise<void> {
  if (await isAnswered(path)) throw new Error(`${path}: another process listens there; stop it, or give another path`);
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
  chmodSync(path, mode);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
