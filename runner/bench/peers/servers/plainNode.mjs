/** What node:http does with the work of `apps/tiny.mjs`, and nothing between. */
import { createServer } from "node:http";

createServer((message, response) => {
  const url = new URL(message.url, `http://${message.headers.host}`);
  const body = JSON.stringify({ path: url.pathname });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
}).listen(process.env.SOCKET);
