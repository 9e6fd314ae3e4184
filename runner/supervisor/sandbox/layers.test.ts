import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Findings, layersOf } from "./layers.ts";

const STATUS = `Name:	node
Uid:	10002	10002	10002	10002
CapInh:	0000000000000000
CapPrm:	0000000000000000
CapEff:	0000000000000000
CapBnd:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
Seccomp_filters:	1
`;
const INTERFACES = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;
const HELD: Findings = {
  status: STATUS,
  interfaces: INTERFACES,
  mounts: "37 36 0:33 / / ro,nosuid,nodev,relatime - tmpfs tmpfs rw\n38 37 0:5 / /proc rw - proc proc rw\n",
  limits: "Limit Soft Hard Units\nMax core file size        0                    0                    bytes\n",
  namespaces: { pid: "pid:[2]", ipc: "ipc:[2]" },
};
const AROUND = { namespaces: { pid: "pid:[1]", ipc: "ipc:[1]" }, routerUserId: 10_001, memory: true };

describe("the layers of a sandbox", () => {
  it("are all on where a process finds itself held in every way", () => {
    assert.ok(Object.values(layersOf(HELD, AROUND)).every((on) => on));
  });

  const opened: Readonly<Record<string, Findings>> = {
    network: { ...HELD, interfaces: `${INTERFACES}  eth0: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n` },
    noNewPrivileges: { ...HELD, status: STATUS.replace("NoNewPrivs:	1", "NoNewPrivs:	0") },
    capabilities: { ...HELD, status: STATUS.replace("CapBnd:	0000000000000000", "CapBnd:	00000000a80425fb") },
    seccomp: { ...HELD, status: STATUS.replace("Seccomp:	2", "Seccomp:	0") },
    files: { ...HELD, mounts: HELD.mounts.replace("/ / ro,", "/ / rw,") },
    processes: { ...HELD, namespaces: { ...HELD.namespaces, pid: "pid:[1]" } },
    ipc: { ...HELD, namespaces: { ...HELD.namespaces, ipc: "ipc:[1]" } },
    noCoreDumps: { ...HELD, limits: "Max core file size        0                    unlimited            bytes\n" },
    user: { ...HELD, status: STATUS.replaceAll("10002", "10001") },
  };
  for (const [layer, findings] of Object.entries(opened)) {
    it(`are without ${layer}, and no other, where that alone is open`, () => {
      const off = Object.entries(layersOf(findings, AROUND)).filter(([, on]) => !on);
      assert.deepEqual(off, [[layer, false]]);
    });
  }

  it("have no user of its own for root", () => {
    const status = STATUS.replaceAll("10002", "0");
    assert.equal(layersOf({ ...HELD, status }, AROUND).user, false);
  });
});
