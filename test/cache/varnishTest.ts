import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { programPath } from "../../components/local/services.ts";
import { outSocket } from "../../components/node/haproxy/out/destinations.ts";
import { folderStore, type NodeConfig, type NodeLayout } from "../../components/node/nodeConfig.ts";
import { renderVarnish } from "../../components/node/varnish/renderVarnish.ts";

/** One behaviour of the cache: a script for varnishtest, with paths of its own. */
export interface Behaviour {
  readonly name: string;
  readonly script: string;
}

/** A macro of varnishtest: the folder of the run. */
const RUN = "$" + "{tmpdir}";
const LAYOUT: NodeLayout = {
  etc: RUN,
  run: RUN,
  commands: RUN,
  workers: RUN,
  data: RUN,
  certificate: `${RUN}/fleet.pem`,
  peers: { certificate: `${RUN}/peers.pem`, authority: `${RUN}/peers-ca.pem` },
  secrets: RUN,
  sealed: null,
  store: folderStore(RUN),
  releaseKeys: null,
  releaseSigner: null,
};
const PROBE_INTERVAL = /\.interval = \d+m?s;/g;
const PROBE_OUT = 'rxreq\nexpect req.url == "/.edge/readyz"\nexpect req.http.x-edge-out ~ "."\ntxresp';
const ONE_RUN_MS = 60_000;

/** The runner, for the requests that the cache has for it in one behaviour, one connection. */
export function runner(script: string): string {
  return `server s1 {\n${closing(script)}\n} -start\n`;
}

/** HAProxy's way out, in the same way. */
export function wayOut(script: string): string {
  return `server s2 -repeat 1 {\n${closing(script)}\n} -start\n`;
}

/** The last answer says that the connection ends, else Varnish may ask the next behaviour's server on it. */
function closing(script: string): string {
  const plain = script.replaceAll(/^loop (\d+) \{\n([\s\S]*?)\n\}/gm, (_, times, body) =>
    Array(Number(times)).fill(body).join("\n"),
  );
  const last = plain.lastIndexOf("txresp");
  if (last === -1) return plain;
  // What is said of the status comes first.
  const answer = plain
    .slice(last)
    .replace(/^txresp(?: -(?:status|reason) (?:"[^"]*"|\S+))*/, '$& -hdr "connection: close"');
  return plain.slice(0, last) + answer;
}

export const ASKED_OUT = "server s2 -wait\n";

/** A client; it must have all its answers before the script goes on. */
export function client(script: string): string {
  return `client c1 -connect "\${tmpdir}/edge.sock" {\n${script}\n} -run\n`;
}

/** What the agent says on the purge socket. */
export function agent(script: string): string {
  return `client c9 -connect "\${tmpdir}/purge.sock" {\n${script}\n} -run\n`;
}

/** Lets the copy of a page expire at once, as time would. */
export function expire(url: string, head = ""): string {
  return agent(`txreq -method PURGE -url "${url}" ${head} -hdr "x-edge-soft: 1"\nrxresp\nexpect resp.reason == "1"`);
}

/** The runner has been asked all that it was to be asked. */
export const ASKED = "server s1 -wait\n";

/** One real Varnish with the node's VCL for all behaviours of a group, a test for each. */
export function behaviours(group: string, node: NodeConfig, list: readonly Behaviour[]): void {
  describe(group, () => {
    let folder = "";
    let done: readonly string[] = [];
    let log = "";
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "edge-vtc-"));
      const doneFile = join(folder, "done");
      writeFileSync(doneFile, "");
      writeFileSync(join(folder, "group.vtc"), script(group, node, list, doneFile));
      mkdirSync(join(folder, "tmp"));
      log = await run(join(folder, "group.vtc"), join(folder, "tmp"));
      done = readFileSync(doneFile, "utf8").split("\n");
    });
    after(() => rmSync(folder, { recursive: true, force: true }));
    list.forEach(({ name }, index) => {
      it(name, () => {
        if (done.includes(String(index))) return;
        const reached = index === 0 || done.includes(String(index - 1));
        throw new Error(reached ? `varnishtest:\n${telling(log)}` : "not reached: one before it failed");
      });
    });
  });
}

function script(group: string, node: NodeConfig, list: readonly Behaviour[], doneFile: string): string {
  const vcl = renderVarnish(node, LAYOUT);
  const probesOut = vcl.split(outSocket(LAYOUT)).length - 1;
  return `vtest "${group}"
server s1 -listen "${RUN}/router.sock" {
  # The only probe: what follows has the server for itself.
  rxreq
  expect req.url == "/.edge/readyz"
  txresp
} -start
${probesOut === 0 ? "" : `server s2 -repeat ${probesOut} -listen "${outSocket(LAYOUT)}" {\n${PROBE_OUT}\n} -start\n`}varnish v1 -jail "-jnone" -arg "-a edge=${RUN}/edge.sock -a purge=${RUN}/purge.sock" -arg "-p default_ttl=0 -p default_grace=0" -vcl {
${vcl.replaceAll(PROBE_INTERVAL, ".interval = 3600s;").replaceAll(".initial = 0;", ".initial = 1;")}
} -start
server s1 -wait
${probesOut === 0 ? "" : "server s2 -wait\n"}${list.map(({ name, script: text }, index) => `# ${name}\n${text}\nshell {echo ${index} >> ${doneFile}}\n`).join("\n")}`;
}

async function run(file: string, folder: string): Promise<string> {
  const env = { PATH: programPath().join(":"), TMPDIR: folder };
  const child = spawn("varnishtest", ["-v", "-t", String(ONE_RUN_MS / 1000), file], { env, cwd: folder });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return output;
}

/** The end of varnishtest's log without Varnish's own. */
function telling(log: string): string {
  return log
    .split("\n")
    .filter((line) => !/\s(vsl|cli|dT|debug)\||\*{4}\s+(v1|dT)\s/.test(line))
    .slice(-60)
    .join("\n");
}
