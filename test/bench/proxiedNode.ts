import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { varnishCommand } from "../../components/node/commands.ts";
import type { TestNode } from "../node/testNode.ts";

/**
 * Makes a node's HAProxy tell Varnish by PROXY protocol who the client is, in the place of headers: each connection to Varnish is then
 * one client's, and shared with nobody.
 */
export async function speakProxy(node: TestNode): Promise<void> {
  const command = varnishCommand(node.config, node.layout);
  await node.restartVarnish(command.map((argument) => argument.replace("varnish.sock,HTTP", "varnish.sock,PROXY")));
  const file = join(node.layout.etc, "haproxy.cfg");
  const text = readFileSync(file, "utf8");
  const proxied = text
    .replaceAll(/(server \S+ unix@\S+\/varnish\.sock check)/g, "$1 send-proxy-v2 check-send-proxy")
    .replace("http-reuse always", "http-reuse never");
  if (proxied === text) throw new Error("the rendered haproxy.cfg has no server that is Varnish");
  writeFileSync(file, proxied);
  await node.restartHaproxy();
}
