// An image of somebody's own: it answers, and abuses what it has when it is asked to.
import { spawn } from "node:child_process";
import http from "node:http";

/** As many children as it may have. */
function bomb() {
  return new Promise((resolve) => {
    let started = 0;
    const next = () => {
      const child = spawn("sleep", ["600"], { stdio: "ignore" });
      child.once("error", () => resolve(started));
      child.once("spawn", () => {
        started++;
        if (started < 2_000) next();
        else resolve(started);
      });
    };
    next();
  });
}

const pages = {
  "/echo": async (request) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { method, url, headers } = request;
    return JSON.stringify({ method, url, forwarded: headers["x-forwarded-host"], body });
  },
  "/spin": () => {
    // Four processes that never rest.
    for (let index = 0; index < 4; index++) spawn(process.execPath, ["--eval", "for (;;);"], { stdio: "ignore" });
    return "spinning";
  },
  "/bomb": async () => `${await bomb()}`,
  "/eat": () => {
    const eaten = [];
    for (;;) eaten.push(Buffer.alloc(1_000_000, 1));
  },
};

http
  .createServer(async (request, response) => {
    const path = new URL(request.url, "http://container").pathname.replace(/^\/box/, "");
    response.end(Object.hasOwn(pages, path) ? await pages[path](request) : "hello from a container");
  })
  .listen(Number(process.env.PORT));
process.on("SIGTERM", () => process.exit(0));
