import { connect, type Socket } from "node:net";

const RETRY_MS = 20;

/** Connects to a UNIX socket, again and again until its owner listens. @throws the last error after `withinMs`. */
export async function connectWithRetry(path: string, withinMs: number): Promise<Socket> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    try {
      return await connectOnce(path);
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}
