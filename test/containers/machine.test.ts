import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { BOOT } from "../../components/node/boot/bootFixture.ts";
import { bundleFiles } from "../../components/node/boot/bundle.ts";
import { renderUserData } from "../../components/node/boot/userData.ts";
import { renderContainerNode } from "../../components/node/containers/containerNode.ts";
import { CONTAINER_NODE } from "../../components/node/containers/containerNodeFixture.ts";
import { until } from "../../runner/runnerFixture.ts";
import { ContainerEngine } from "./engine.ts";

const JUDGES = "edge-test/judges:1";
const isLinuxRoot = process.platform === "linux" && process.getuid?.() === 0;

/** What a machine boots from, judged by the programs that read it there; they are in a container, so that nothing is installed here. */
describe("a node's machine", { skip: isLinuxRoot ? false : "a container engine needs root" }, () => {
  const engine = new ContainerEngine();
  const machine = join(engine.dir, "machine");

  before(async () => {
    const bundle = bundleFiles(BOOT, {
      ...renderContainerNode(CONTAINER_NODE),
      "user-data.yaml": renderUserData(BOOT),
    });
    for (const [name, { text, isExecutable }] of Object.entries(bundle)) {
      mkdirSync(dirname(join(machine, name)), { recursive: true });
      writeFileSync(join(machine, name), text, { mode: isExecutable ? 0o755 : 0o644 });
    }
    await engine.start();
    await engine.importJudges(JUDGES);
  });
  after(() => engine.stop());

  /** What commands wrote to both outputs, and their status, with the bundle where it lies on a machine. */
  const sh = (commands: string) =>
    engine.docker(
      ...["run", "--rm", "--network", "none", "--volume", `${machine}:/opt/edge/bundle:ro`, JUDGES],
      ...["sh", "-c", `{ ${commands}\n} 2>&1; echo "status $?"`],
    );

  it("has user data that cloud-init's schema takes", async () => {
    assert.match(
      await sh("cloud-init schema --config-file /opt/edge/bundle/user-data.yaml"),
      /^Valid cloud-config: .*\nstatus 0$/,
    );
  });

  it("has units of which systemd has nothing to say", async () => {
    const units = "/etc/systemd/system";
    const said = await sh(`
      # What Ubuntu and Docker bring is not in this container.
      printf '[Service]\\nExecStart=/bin/true\\n' | tee ${units}/docker.service >${units}/apt-daily-upgrade.service
      printf '[Timer]\\nOnCalendar=daily\\n' >${units}/apt-daily-upgrade.timer
      ln -s /bin/true /usr/bin/docker
      cp -R /opt/edge/bundle/system${units}/. ${units}/
      systemd-analyze verify ${units}/edge-*.service apt-daily-upgrade.timer`);
    assert.equal(said, "status 0");
  });

  it("has scripts of which shellcheck has nothing to say", async () => {
    const said = await sh(
      "mkdir -p /tmp/components/node/boot && ln -s /opt/edge/bundle/boot /tmp/components/node/boot/scripts && cd /tmp && shellcheck -x -P /tmp components/node/boot/scripts/*.sh",
    );
    assert.equal(said, "status 0");
  });

  it("has settings that their programs read: kernel, journal, folders, the engine", async () => {
    const said = await sh(`
      sed -n 's/^\\([a-z0-9_.]*\\) = .*/\\1/p' /opt/edge/bundle/system/etc/sysctl.d/60-edge.conf | tr . / | while read -r key; do
        case $key in net/core/*|net/ipv4/*|fs/*|kernel/*) ;; *) echo "$key is of no known kind" ;; esac
      done
      systemd-tmpfiles --create --root=/tmp/root /opt/edge/bundle/system/etc/tmpfiles.d/edge.conf
      stat -c '%a %u:%g %n' /tmp/root/var/lib/edge /tmp/root/var/lib/edge/*`);
    assert.match(said, /^711 0:0 \/tmp\/root\/var\/lib\/edge\n/);
    for (const folder of [
      "750 10001:10000 /tmp/root/var/lib/edge/certificates",
      "700 10001:10000 /tmp/root/var/lib/edge/secrets",
    ]) {
      assert.ok(said.includes(folder), said);
    }
  });

  it("starts a container again that runs and is not well", async () => {
    const health = ["--health-cmd", "test ! -e /tmp/sick", "--health-interval", "1s", "--health-retries", "1"];
    await engine.docker(
      "run",
      "--detach",
      "--name",
      "patient",
      "--init",
      "--network",
      "none",
      ...health,
      JUDGES,
      "sh",
      "-c",
      "rm -f /tmp/sick; sleep 600",
    );
    const startedAt = () => engine.docker("inspect", "--format", "{{.State.StartedAt}}", "patient");
    const began = await startedAt();
    const env = { ...engine.env, EDGE_LOOK_SECONDS: "0.2" };
    const healing = spawn("sh", [join(machine, "boot/healing.sh")], { env, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    healing.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    try {
      await engine.docker("exec", "patient", "touch", "/tmp/sick");
      await until("it was started again", async () => (await startedAt()) !== began);
      assert.match(said, /^patient is not well: it is started again\n/);
    } finally {
      healing.kill();
      await once(healing, "exit");
    }
  });
});
