import { readFileSync } from "node:fs";
import https from "node:https";
import { issueCertificate } from "../../components/local/authority.ts";
import { peerName } from "../../components/node/certificates.ts";
import { type Answer, answerTo } from "./answers.ts";
import type { TestNode } from "./testNode.ts";

/** Says which node runs it; `/hang` answers nothing on the second node. */
export const saying = (name: string) => ({
  who: {
    code: `export default { async fetch(request) {
      if (new URL(request.url).pathname === "/hang" && ${name === "second"}) {
        console.log("has begun");
        await new Promise(() => {});
      }
      return new Response(${JSON.stringify(name)} + await request.text(), { headers: { "cache-control": "no-store" } });
    } };`,
    routes: ["/*"],
  },
});

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks a node's door of clients. */
export function ask(node: TestNode, question: Question = {}): Promise<Answer> {
  const { address, ports, domain } = node.config;
  const target = { host: address, port: ports.https, servername: domain, ca: node.authority };
  return send(target, { ...question, headers: { host: domain, ...question.headers } });
}

export function send(
  target: https.RequestOptions,
  { method = "GET", path = "/", headers = {}, body }: Question,
): Promise<Answer> {
  return answerTo(https.request({ ...target, method, path, agent: false, headers }), body);
}

/** Servers of the farm that a node's HAProxy holds for well. */
export async function peersUp(node: TestNode): Promise<number> {
  const lines = (await haproxyMetrics(node)).split("\n");
  return lines.filter((line) => /^haproxy_server_status\{proxy="farm",.*state="UP"\} 1$/.test(line)).length;
}

/** Requests that a backend has at this moment. */
export async function sessions(node: TestNode, backend: string): Promise<number> {
  const line = new RegExp(`^haproxy_backend_current_sessions\\{proxy="${backend}"\\} (\\d+)`, "m");
  return Number(line.exec(await haproxyMetrics(node))?.[1]);
}

export async function startTimeOf(node: TestNode): Promise<string | undefined> {
  return /^haproxy_process_start_time_seconds (\d+)/m.exec(await haproxyMetrics(node))?.[1];
}

async function haproxyMetrics(node: TestNode): Promise<string> {
  return (await node.plain("/metrics", node.config.ports.haproxyMetrics)).body;
}

export function hasBegun(node: TestNode): boolean {
  return node.runner.lines.some((line) => JSON.stringify(line).includes("has begun"));
}

/** Certificate and key of a node, by this authority. */
export async function certificateOf(authorityFile: string, domain: string): Promise<string> {
  const certificateFile = `${authorityFile}.peer.pem`;
  await issueCertificate({
    names: [peerName(domain)],
    addresses: [],
    forClients: true,
    authorityFile,
    certificateFile,
  });
  return readFileSync(certificateFile, "utf8");
}
