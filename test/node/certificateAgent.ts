import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificatesConfig, heldCertificate } from "../../components/node/certificates.ts";
import type { AgentConfig } from "../../runner/agent/config.ts";
import { BARE_AGENT } from "../../runner/agent/configFixture.ts";
import { MetricsText } from "../../runner/metricsText.ts";
import { until } from "../../runner/runnerFixture.ts";
import { freePort } from "../bindings/freePort.ts";
import type { TestNode } from "./testNode.ts";

/** A real agent beside a running node, with certificates as its only care. */
export class CertificateAgent {
  #process: ChildProcess | undefined;
  #port = 0;

  async start({ config, layout }: TestNode): Promise<void> {
    this.#port = await freePort();
    writeFileSync(layout.peers.certificate, readFileSync(heldCertificate(layout, "peers")));
    writeFileSync(layout.certificate, readFileSync(heldCertificate(layout, "fleet")));
    const agentConfig: AgentConfig = {
      ...BARE_AGENT,
      node: config.name,
      region: config.region,
      store: layout.store,
      releasesDir: join(layout.data, "agent-releases"),
      control: join(layout.run, "nobody.sock"),
      pollMs: 1_000,
      certificates: certificatesConfig(config, layout),
      admin: { host: "127.0.0.1", port: this.#port },
    };
    const file = join(layout.run, "agent.json");
    writeFileSync(file, JSON.stringify(agentConfig));
    const main = join(import.meta.dirname, "../../runner/agent/main.ts");
    this.#process = spawn(process.execPath, [main, file], { stdio: "ignore" });
    await until("the agent is up", async () => (await this.metrics().catch(() => null)) !== null);
  }

  async metrics(): Promise<MetricsText> {
    return new MetricsText(await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text());
  }

  /** 1 while the certificate for clients is not what it should be. */
  async alarm(): Promise<number> {
    return (await this.metrics()).sum("edge_agent_certificate_alarm", { certificate: "fleet" });
  }

  async refusals(reason: string): Promise<number> {
    return (await this.metrics()).sum("edge_agent_certificate_refusals_total", { reason });
  }

  stop(): void {
    this.#process?.kill("SIGKILL");
  }
}
