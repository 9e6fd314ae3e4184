import { createServer, type Server } from "node:net";
import { Link } from "../../protocol/link.ts";
import type { CompilerQueue } from "./compilerQueue.ts";

/** Where the compiler process connects; it greets as a worker does, since it is started as one. */
export function newCompilerServer(queue: CompilerQueue): Server {
  return createServer((socket) => {
    let greeted = false;
    const link: Link = new Link(socket, {
      frame: (frame) => {
        if (greeted) return queue.hear(frame);
        if (frame.kind !== "hello" || queue.isAttached) return link.close();
        greeted = true;
        queue.attach(link);
      },
      closed: () => {
        if (greeted) queue.detach();
      },
    });
  });
}
