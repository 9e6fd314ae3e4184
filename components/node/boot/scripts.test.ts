import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { BOOT } from "./bootFixture.ts";
import { bundleFiles } from "./bundle.ts";
import { NODE_NAME_PLACEHOLDER } from "./nodeName.ts";
import { tar } from "./tar.ts";

const KEYS = { AccessKeyId: "TESTKEY", SecretAccessKey: "test/secret+key", Token: "test-token" };
const SCRIPTS = path.join(import.meta.dirname, "scripts");

const isLinux = { skip: process.platform === "linux" ? false : "a node's machine is Linux" };

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A machine's surroundings, on loopback: its metadata, and what it asks of the cloud; `pages` by path. */
async function surroundings(t: TestContext, pages: Readonly<Record<string, () => string | Buffer | number>>) {
  const seen: Seen[] = [];
  const metadata: typeof pages = {
    "/latest/api/token": () => "metadata-token",
    "/latest/meta-data/iam/security-credentials/": () => "edge-node",
    "/latest/meta-data/iam/security-credentials/edge-node": () => JSON.stringify({ Code: "Success", ...KEYS }, null, 2),
    "/latest/meta-data/instance-id": () => "i-0123456789",
  };
  const server = http.createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, headers, body });
    const needsToken = url.startsWith("/latest/meta-data/") && headers["x-aws-ec2-metadata-token"] !== "metadata-token";
    const page = needsToken ? 401 : ({ ...metadata, ...pages }[url]?.() ?? 404);
    if (typeof page === "number") response.writeHead(page);
    response.end(typeof page === "number" ? "" : page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const dir = mkdtempSync(path.join(tmpdir(), "edge-boot-"));
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { dir, url, seen, port: (server.address() as AddressInfo).port };
}

/** Runs a script to its end. */
function run(script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 60_000 };
    execFile("sh", [script, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** A bundle whose installation says where it was unpacked. */
function bundleWithMark() {
  const install = '#!/bin/sh\ncd "$(dirname "$0")/.." && pwd >../installed\n';
  const bytes = tar({ "boot/install.sh": { text: install, isExecutable: true } });
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

describe("name.sh", isLinux, () => {
  it("puts the machine's id where the bundle's files have no name yet, and nowhere else", async (t) => {
    const { dir, url } = await surroundings(t, {});
    const files = {
      "etc/agent.json": `{"node":"${NODE_NAME_PLACEHOLDER}","region":"eu-central-1"}`,
      "compose.yaml": `name: edge\nx: ${NODE_NAME_PLACEHOLDER}, ${NODE_NAME_PLACEHOLDER}\n`,
      "system/other": NODE_NAME_PLACEHOLDER,
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
      writeFileSync(path.join(dir, name), text);
    }
    mkdirSync(path.join(dir, "boot"));
    for (const name of ["name.sh", "aws.sh"]) copyFileSync(path.join(SCRIPTS, name), path.join(dir, "boot", name));
    const { code, stderr } = await run(path.join(dir, "boot/name.sh"), [NODE_NAME_PLACEHOLDER], { EDGE_METADATA: url });
    assert.equal(code, 0, stderr);
    const read = (name: string) => readFileSync(path.join(dir, name), "utf8");
    assert.equal(read("etc/agent.json"), '{"node":"i-0123456789","region":"eu-central-1"}');
    assert.equal(read("compose.yaml"), "name: edge\nx: i-0123456789, i-0123456789\n");
    assert.equal(read("system/other"), NODE_NAME_PLACEHOLDER);
  });
});

describe("fetch.sh", isLinux, () => {
  it("brings the bundle with the machine's role, compares its hash, and lets it install itself", async (t) => {
    const { bytes, sha256 } = bundleWithMark();
    const { dir, url, seen } = await surroundings(t, { "/bundle": () => bytes });
    const folder = path.join(dir, "bundle");
    const { stderr } = await fetched(dir, [sha256, folder, `eu-central-1=${url}/bundle`], url);
    assert.equal(readFileSync(path.join(dir, "installed"), "utf8").trim(), folder, stderr);
    const { headers } = seen.find((request) => request.url === "/bundle") as Seen;
    assert.match(
      headers.authorization ?? "",
      /^AWS4-HMAC-SHA256 Credential=TESTKEY\/\d{8}\/eu-central-1\/s3\/aws4_request, /,
    );
    assert.match(headers.authorization ?? "", /SignedHeaders=[^,]*x-amz-security-token/);
    assert.equal(headers["x-amz-security-token"], KEYS.Token);
  });

  it("takes the next place when one is away or has other bytes, which it never unpacks", async (t) => {
    const { bytes, sha256 } = bundleWithMark();
    const forged = Buffer.from(bytes);
    forged.write("forged", bytes.indexOf("installed"));
    const { dir, url } = await surroundings(t, { "/forged": () => forged, "/away": () => 503, "/bundle": () => bytes });
    const folder = path.join(dir, "bundle");
    const places = ["away", "forged", "bundle"].map((name, index) => `region-${index}=${url}/${name}`);
    const { stderr } = await fetched(dir, [sha256, folder, ...places], url);
    assert.match(stderr, /the bundle at \S+\/forged has another hash than/);
    assert.equal(readFileSync(path.join(dir, "installed"), "utf8").trim(), folder);
  });

  it("leaves the machine as it is, and fails, when no place has the bundle", async (t) => {
    const { bytes, sha256 } = bundleWithMark();
    const { dir, url } = await surroundings(t, { "/forged": () => Buffer.concat([bytes, Buffer.alloc(512)]) });
    const folder = path.join(dir, "bundle");
    const { code, stderr } = await fetched(dir, [sha256, folder, `eu-central-1=${url}/forged`], url);
    assert.equal(code, 1);
    assert.match(stderr, /no place has the bundle/);
    assert.equal(existsSync(folder), false);
    assert.equal(existsSync(path.join(dir, "installed")), false);
  });

  /** Without the pauses between two rounds of tries. */
  async function fetched(dir: string, args: readonly string[], url: string) {
    const bin = path.join(dir, "bin");
    mkdirSync(bin);
    writeFileSync(path.join(bin, "sleep"), "#!/bin/sh\n", { mode: 0o755 });
    return run(path.join(SCRIPTS, "fetch.sh"), args, { EDGE_METADATA: url, PATH: `${bin}:${process.env.PATH}` });
  }
});

/** The bundle's scripts as they lie on a machine, told where its surroundings are. */
function scriptsIn(dir: string, values: Readonly<Record<string, string | number>>): string {
  const folder = path.join(dir, "boot");
  mkdirSync(folder);
  for (const [name, { text }] of Object.entries(bundleFiles(BOOT, {}))) {
    if (name.startsWith("boot/")) writeFileSync(path.join(dir, name), text);
  }
  const changed = Object.entries(values).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(
    path.join(folder, "boot.env"),
    `${readFileSync(path.join(folder, "boot.env"), "utf8")}${changed.join("")}`,
  );
  return folder;
}

function toldGroup(seen: readonly Seen[]): Record<string, string>[] {
  return seen
    .filter(({ url }) => url === "/autoscaling")
    .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
}

describe("ready.sh", isLinux, () => {
  it("waits until the node serves, and tells its group then, not before", async (t) => {
    let asked = 0;
    const { dir, url, seen, port } = await surroundings(t, {
      "/readyz": () => (++asked < 3 ? 503 : "ok"),
      "/autoscaling": () => "",
    });
    const folder = scriptsIn(dir, { EDGE_HTTP_PORT: port });
    const env = { EDGE_METADATA: url, EDGE_AUTOSCALING: `${url}/autoscaling` };
    const { code, stderr } = await run(path.join(folder, "ready.sh"), [], env);
    assert.equal(code, 0, stderr);
    assert.equal(asked, 3);
    assert.deepEqual(toldGroup(seen), [
      {
        Action: "CompleteLifecycleAction",
        Version: "2011-01-01",
        AutoScalingGroupName: BOOT.scalingGroup,
        LifecycleHookName: "edge-launch",
        InstanceId: "i-0123456789",
        LifecycleActionResult: "CONTINUE",
      },
    ]);
    const told = seen.find((request) => request.url === "/autoscaling");
    assert.match(told?.headers.authorization ?? "", /\/eu-central-1\/autoscaling\/aws4_request/);
  });

  it("fails, and tells nobody, when the node does not serve in time", async (t) => {
    const { dir, url, seen, port } = await surroundings(t, { "/readyz": () => 503, "/autoscaling": () => "" });
    const folder = scriptsIn(dir, { EDGE_HTTP_PORT: port, EDGE_READY_SECONDS: 2 });
    const env = { EDGE_METADATA: url, EDGE_AUTOSCALING: `${url}/autoscaling` };
    const { code, stderr } = await run(path.join(folder, "ready.sh"), [], env);
    assert.equal(code, 1);
    assert.match(stderr, /the node does not serve after 2 s/);
    assert.deepEqual(toldGroup(seen), []);
  });

  it("has nobody to tell on a machine without a group", async (t) => {
    const { dir, url, seen, port } = await surroundings(t, { "/readyz": () => "ok" });
    const folder = scriptsIn(dir, { EDGE_HTTP_PORT: port, EDGE_GROUP: "" });
    const { code } = await run(path.join(folder, "ready.sh"), [], { EDGE_METADATA: url });
    assert.equal(code, 0);
    assert.deepEqual(
      seen.map((request) => request.url),
      ["/readyz"],
    );
  });
});

describe("lifecycle.sh", isLinux, () => {
  /** Runs it on a machine that is to end at the third look, by this page of its metadata. */
  async function ended(t: TestContext, page: string, text: string, stopSeconds: number) {
    const order: string[] = [];
    let looked = 0;
    const { dir, url, seen } = await surroundings(t, {
      [`/latest/meta-data/${page}`]: () => (++looked < 3 ? 404 : text),
      "/stopped": () => {
        order.push("stopped");
        return "";
      },
      "/autoscaling": () => {
        order.push("told");
        return "";
      },
    });
    const folder = scriptsIn(dir, {
      ...{ EDGE_LOOK_SECONDS: 0.1, EDGE_HEARTBEAT_SECONDS: stopSeconds === 0 ? 60 : 0.1 },
      ...{ EDGE_DRAIN_SECONDS: 0.1, EDGE_SPOT_DRAIN_SECONDS: 0.2 },
    });
    const bin = path.join(dir, "bin");
    mkdirSync(bin);
    const stop = `[ "$*" = "compose --file ${folder}/../compose.yaml stop" ] && sleep ${stopSeconds} && curl -s ${url}/stopped`;
    writeFileSync(path.join(bin, "docker"), `#!/bin/sh\n${stop}\n`, { mode: 0o755 });
    const env = { EDGE_METADATA: url, EDGE_AUTOSCALING: `${url}/autoscaling`, PATH: `${bin}:${process.env.PATH}` };
    const { code, stdout, stderr } = await run(path.join(folder, "lifecycle.sh"), [], env);
    assert.equal(code, 0, stderr);
    assert.equal(looked, 3);
    return { order, stdout, told: toldGroup(seen) };
  }

  it("drains the node when its group ends the machine, and tells the group when nothing is left", async (t) => {
    const { order, stdout, told } = await ended(t, "autoscaling/target-lifecycle-state", "Terminated", 0);
    assert.deepEqual(order, ["stopped", "told"]);
    assert.match(stdout, /serves 0\.1 s more/);
    assert.deepEqual(
      told.map(({ Action, LifecycleHookName }) => [Action, LifecycleHookName]),
      [["CompleteLifecycleAction", "edge-terminate"]],
    );
  });

  it("drains it in less time when Amazon takes a Spot machine back", async (t) => {
    const notice = '{"action":"terminate","time":"2026-11-22T04:00:00Z"}';
    const { order, stdout } = await ended(t, "spot/instance-action", notice, 0);
    assert.deepEqual(order, ["stopped", "told"]);
    assert.match(stdout, /serves 0\.2 s more/);
  });

  it("asks its group for more time for as long as the node ends", async (t) => {
    const { told } = await ended(t, "autoscaling/target-lifecycle-state", "Terminated", 2);
    const actions = told.map(({ Action }) => Action);
    assert.equal(actions.at(-1), "CompleteLifecycleAction");
    assert.ok(actions.includes("RecordLifecycleActionHeartbeat"));
    assert.equal(told[0]?.LifecycleHookName, "edge-terminate");
    assert.equal(told[0]?.InstanceId, "i-0123456789");
  });
});
