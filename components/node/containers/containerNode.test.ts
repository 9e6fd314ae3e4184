import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { renderContainerNode } from "./containerNode.ts";
import { CONTAINER_NODE } from "./containerNodeFixture.ts";
import { functionLimits, machineProblem, SERVICES, serviceLimits } from "./limits.ts";

const GOLDEN = path.join(import.meta.dirname, "../golden/containers");
const files = renderContainerNode(CONTAINER_NODE);
const compose = parse(files["compose.yaml"] as string);
const services = Object.entries(compose.services as Record<string, SeenService>);

interface SeenService extends Readonly<Record<string, unknown>> {
  readonly image: string;
  readonly security_opt: readonly string[];
  readonly logging: { readonly options: object };
  readonly cpus: number;
  readonly pids_limit: number;
  readonly ports?: readonly string[];
}

describe("renderContainerNode", () => {
  for (const [name, text] of Object.entries(files)) {
    it(`renders ${name} as the golden file says`, (t) => {
      t.assert.fileSnapshot(text, path.join(GOLDEN, path.basename(name)), { serializers: [(value: string) => value] });
    });
  }

  it("holds every container: no root, no capability, a read-only root, limits, a bounded log, an image by its digest", () => {
    for (const [name, service] of services) {
      const [user, group] = String(service.user).split(":").map(Number);
      assert.ok((user ?? 0) > 10_000 && (group ?? 0) >= 10_000, name);
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ["ALL"], name);
      assert.ok(service.security_opt.includes("no-new-privileges:true"), name);
      assert.equal(service.mem_limit, service.memswap_limit, name);
      assert.ok(service.cpus > 0 && service.pids_limit > 0, name);
      assert.deepEqual(Object.keys(service.logging.options), ["max-size", "max-file"], name);
      assert.match(service.image, /@sha256:[0-9a-f]{64}$/, name);
      for (const key of ["privileged", "cap_add", "devices", "pid", "ipc"]) assert.equal(service[key], undefined, name);
      assert.doesNotMatch(JSON.stringify(service), /docker\.sock/, name);
    }
  });

  it("gives the agent alone the machine's network, and cache and sandbox none", () => {
    const modes = Object.fromEntries(services.map(([name, service]) => [name, service.network_mode]));
    const named = Object.entries(modes).filter(([, mode]) => mode !== undefined);
    assert.deepEqual(Object.fromEntries(named), { judge: "none", varnish: "none", sandbox: "none", agent: "host" });
  });

  it("opens to the world the door's three ports and no other", () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    assert.deepEqual(
      ports.filter((port) => !port.startsWith("127.0.0.1:")),
      ["0.0.0.0:443:443", "0.0.0.0:80:80", "0.0.0.0:8444:8444"],
    );
  });

  it("keeps each container's network apart from the others'", () => {
    const { "fn-resize": own, ...others } = compose.networks;
    assert.deepEqual(own, { internal: true, driver_opts: { "com.docker.network.bridge.inhibit_ipv4": "true" } });
    assert.deepEqual(Object.keys(others).sort(), ["door", "exporters", "runner"]);
    assert.deepEqual(Object.keys(compose.services.runner.networks).sort(), ["fn-resize", "runner"]);
  });

  it("tells the agent whose releases it takes, where there are keys", () => {
    const signed = renderContainerNode({ ...CONTAINER_NODE, releaseKeys: "PEM of a key\n" });
    assert.equal(signed["etc/release.pub"], "PEM of a key\n");
    assert.equal(JSON.parse(signed["etc/agent.json"] as string).releaseKeys, "/etc/edge/release.pub");
    assert.equal(JSON.parse(files["etc/agent.json"] as string).releaseKeys, null);
  });

  it("lets functions reach a container as an origin, and the runner's own address never", () => {
    const { origins, denied } = JSON.parse(files["etc/runner.json"] as string);
    assert.deepEqual(origins.at(-1), { host: "fn-resize", port: 8000 });
    assert.deepEqual(denied, [compose.services.runner.networks.runner.ipv4_address]);
  });

  it("refuses a machine that is too small, and says what to change", () => {
    const machine = { ...CONTAINER_NODE.machine, memoryMb: 2_048 };
    assert.throws(() => renderContainerNode({ ...CONTAINER_NODE, machine }), {
      message:
        "node eu-central-1-a: 2048 MB leave 0 MB for 2 workers and a standby, which need 576 MB. Use a larger instance type, or lower edge-fleet:size.workers, edge-fleet:size.cacheMb or the memory of containers.",
    });
  });
});

describe("limits of containers", () => {
  const { machine, node, functions } = CONTAINER_NODE;

  it("are together no more than the machine has, with room for the system", () => {
    const limits = serviceLimits(machine, node.size, functions);
    const all = [...SERVICES.map((name) => limits[name]), ...functions.map(functionLimits)];
    const memoryMb = all.reduce((sum, limit) => sum + limit.memoryMb, 0);
    assert.ok(memoryMb <= machine.memoryMb - 256, `${memoryMb}`);
  });

  it("leave no service the whole machine", () => {
    for (const { cpus } of Object.values(serviceLimits(machine, node.size, functions))) {
      assert.ok(cpus < machine.vcpus);
    }
  });

  it("say which container asks for more processors than there are", () => {
    const problem = machineProblem(machine, node.size, [{ memoryMb: 64, cpus: 4 }]);
    assert.deepEqual(problem, {
      problem: "a container asks for 4 processors and the machine has 2",
      remedy: "Use a larger instance type, or give the container fewer processors.",
    });
  });
});
