/** The plain design: a worker thread for each function, made by its first request, and a message for each request. */
import { createServer } from "node:http";
import { Worker } from "node:worker_threads";

const functions = new Map();

function functionOf(url) {
  const name = url.split("/", 2)[1];
  let found = functions.get(name);
  if (found === undefined) {
    const worker = new Worker(new URL("./seedWorker.mjs", import.meta.url), { workerData: { app: process.env.APP } });
    found = { worker, waiting: new Map(), lastId: 0 };
    const { waiting } = found;
    worker.on("message", ({ id, status, headers, body }) => {
      const response = waiting.get(id);
      waiting.delete(id);
      response.writeHead(status, headers).end(body);
    });
    functions.set(name, found);
  }
  return found;
}

createServer((message, response) => {
  const found = functionOf(message.url);
  const id = ++found.lastId;
  found.waiting.set(id, response);
  found.worker.postMessage({
    id,
    method: message.method,
    url: `http://${message.headers.host}${message.url}`,
    headers: message.headers,
  });
}).listen(process.env.SOCKET);
