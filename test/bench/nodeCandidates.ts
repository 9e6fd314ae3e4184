import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { statusOf } from "@edge-fleet/runner/nodeErrors";
import { TARGET_RULES, type TargetRule } from "@edge-fleet/runner/routes/targetRules";
import { programPath } from "../../components/local/services.ts";
import { HEADER_BYTES_MAX } from "../../components/node/httpBounds.ts";
import { until } from "../../runner/runnerFixture.ts";

const READY_WITHIN_MS = 20_000;

export const SIZES = { "1 KB": 1_024, "100 KB": 102_400 } as const;
export type Size = keyof typeof SIZES;

export function pathOf(size: Size): string {
  return `/static/${SIZES[size]}`;
}

/** The function behind our node: the bodies that the origin of the others has. */
export const STATIC_FUNCTION = `const headers = { "content-type": "application/octet-stream" };
export default {
  fetch(request) {
    const [, kind, bytes] = new URL(request.url).pathname.split("/");
    const control = kind === "static" ? "public, max-age=3600" : "no-store";
    return new Response("x".repeat(Number(bytes)), { headers: { ...headers, "cache-control": control } });
  },
};`;

/** Somebody who serves on an address, and the processes that it takes. */
export interface Peer {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What the caches beside ours ask for what they do not have. */
export async function startOrigin(): Promise<Server> {
  const server = createServer((request, response) => {
    const bytes = Number(request.url?.split("/").at(-1));
    response.setHeader("content-type", "application/octet-stream");
    response.setHeader("cache-control", "public, max-age=3600");
    response.end("x".repeat(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Varnish with its own rules alone, without TLS, on a port. */
export function startBareVarnish(dir: string, origin: Server): Promise<Peer> {
  mkdirSync(dir, { recursive: true });
  const port = 18_081;
  const vcl = join(dir, "bare.vcl");
  writeFileSync(vcl, `vcl 4.1;\nbackend origin { .host = "127.0.0.1"; .port = "${portOf(origin)}"; }\n`);
  const args = ["-j", "none", "-F", "-T", "none", "-n", join(dir, "varnish"), "-a", `127.0.0.1:${port}`, "-f", vcl];
  return started("varnishd", [...args, "-s", "malloc,64M", "-p", "thread_pools=1"], port);
}

/** What nginx logs of a request: the fields of the door's own log that it has. */
const NGINX_LOG = {
  time: "$time_iso8601",
  client: "$remote_addr",
  http: "$server_protocol",
  tls: "$ssl_protocol",
  cipher: "$ssl_cipher",
  resumed: "$ssl_session_reused",
  host: "$http_host",
  method: "$request_method",
  uri: "$request_uri",
  agent: "$http_user_agent",
  status: "$status",
  error: "$sent_http_x_edge_error",
  cache: "$upstream_cache_status",
  received: "$request_length",
  sent: "$bytes_sent",
  answerS: "$upstream_response_time",
  s: "$request_time",
  ended: "$request_completion",
  id: "$request_id",
};

/** The door's rules for targets and hosts, from the same table. */
function nginxRules(): string {
  const subject = { target: "$request_uri", host: "$http_host" };
  return Object.values<TargetRule>(TARGET_RULES)
    .map(({ part, pattern, code }) => {
      const quoted = `"${pattern.replaceAll("\\", "\\\\")}"`;
      return `    if (${subject[part]} ~ ${quoted}) { return ${statusOf(code)}; }`;
    })
    .join("\n");
}

/**
 * nginx with what of a node's door and cache its configuration can do: TLS and HTTP/2, a log of JSON, the rules for targets, hosts, methods and heads, a
 * bound of each client's connections, an id for each request, and a cache that lets one request fetch for all and has its copies stand in.
 */
export function startNginx(dir: string, origin: Server, certificate: string): Promise<Peer> {
  mkdirSync(join(dir, "cache"), { recursive: true });
  const port = 18_443;
  const file = join(dir, "nginx.conf");
  // Its workers leave root behind, and the folder is root's.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const log = Object.entries(NGINX_LOG).map(([name, value]) => `"${name}":"${value}"`);
  writeFileSync(
    file,
    `${user} daemon off; pid ${dir}/nginx.pid; error_log ${dir}/error.log; worker_processes 1;
events { worker_connections 4096; }
http {
  log_format edge escape=json '{${log.join(",")}}';
  access_log ${dir}/access.log edge;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi; uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
  proxy_cache_path ${dir}/cache levels=1:2 keys_zone=edge:10m max_size=64m;
  limit_conn_zone $binary_remote_addr zone=clients:10m;
  sendfile on; tcp_nopush on; keepalive_requests 1000000;
  upstream origin { server 127.0.0.1:${portOf(origin)}; keepalive 16; }
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${certificate}; ssl_certificate_key ${certificate};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m; ssl_session_tickets off;
    large_client_header_buffers 2 ${HEADER_BYTES_MAX}; client_header_timeout 10s;
    limit_conn clients 1000; limit_conn_status 429;
    if ($request_method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") { return 405; }
${nginxRules()}
    add_header strict-transport-security "max-age=31536000" always;
    add_header x-request-id $request_id always;
    add_header x-edge-region bench always;
    add_header x-cache $upstream_cache_status always;
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header connection "";
      proxy_set_header host $http_host; proxy_set_header forwarded ""; proxy_set_header x-real-ip "";
      proxy_set_header x-request-id $request_id; proxy_set_header x-edge-client-ip $remote_addr;
      proxy_set_header x-edge-tls $ssl_protocol; proxy_set_header x-edge-http $server_protocol; proxy_set_header x-forwarded-proto https;
      proxy_cache edge; proxy_cache_lock on; proxy_cache_use_stale error timeout updating; proxy_cache_background_update on;
    }
  }
}
`,
  );
  return started("nginx", ["-p", dir, "-c", file], port);
}

/** Its processes' resident memory that no other process shares, and what they share in equal parts, MB. */
export function proportionalMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return sum + Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) / 1024;
  }, 0);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function started(program: string, args: readonly string[], port: number): Promise<Peer> {
  const PATH = programPath().join(":");
  const child: ChildProcess = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"], env: { PATH } });
  const gone = new Promise<unknown>((resolve) => child.once("close", resolve));
  await until(`${program} listens`, () => isOpen(port), READY_WITHIN_MS);
  return {
    port,
    pid: child.pid as number,
    async stop() {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
