import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { issueCertificate } from "../../components/local/authority.ts";
import { programPath } from "../../components/local/services.ts";
import { heldCertificate, peerName } from "../../components/node/certificates.ts";
import { haproxyCommand } from "../../components/node/commands.ts";
import { policyFolder, policyMaps } from "../../components/node/haproxy/policies/maps.ts";
import { renderHaproxy } from "../../components/node/haproxy/renderHaproxy.ts";
import type { NodeConfig, NodeLayout } from "../../components/node/nodeConfig.ts";
import { until } from "../../runner/runnerFixture.ts";
import { NODE } from "./nodeFixture.ts";

/** The node's HAProxy as it is rendered, in front of its Varnish, on a loopback address of its own. */
export class Door {
  readonly config: NodeConfig;
  readonly authority: string;
  readonly #layout: NodeLayout;
  #child: ChildProcess | null = null;

  constructor(layout: NodeLayout) {
    // Suites run beside each other in processes of their own.
    const address = `127.${(process.pid >> 14) + 64}.${(process.pid >> 7) & 127}.${(process.pid & 127) + 1}`;
    this.config = { ...NODE, address };
    this.#layout = layout;
    this.authority = join(layout.run, "ca.pem");
  }

  async start(): Promise<void> {
    const { config } = this;
    mkdirSync(policyFolder(this.#layout), { recursive: true });
    for (const map of Object.values(policyMaps(this.#layout))) writeFileSync(map, "");
    await issueCertificate({
      names: [config.domain],
      addresses: [config.address],
      authorityFile: this.authority,
      certificateFile: heldCertificate(this.#layout, "fleet"),
    });
    await issueCertificate({
      names: [peerName(config.domain)],
      addresses: [],
      authorityFile: this.#layout.peers.authority,
      certificateFile: heldCertificate(this.#layout, "peers"),
      forClients: true,
    });
    writeFileSync(join(this.#layout.etc, "haproxy.cfg"), renderHaproxy(config, this.#layout));
    const [program, ...args] = haproxyCommand(this.#layout);
    const child = spawn(program as string, args, { env: { PATH: programPath().join(":") }, stdio: "pipe" });
    this.#child = child;
    let log = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
    const ca = readFileSync(this.authority);
    const isOpen = () => {
      if (child.exitCode !== null) throw new Error(`haproxy ended: ${log}`);
      return new Promise<boolean>((resolve) => {
        const options = {
          host: config.address,
          port: config.ports.https,
          ca,
          servername: config.domain,
          agent: false as const,
        };
        const headers = { host: config.domain };
        const request = https.get({ ...options, headers, path: "/ready" }, (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        });
        request.on("error", () => resolve(false));
      });
    };
    await until("the door leads to the runner", isOpen);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
  }
}
