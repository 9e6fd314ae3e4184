import { MACHINE } from "./bootConfig.ts";

/** What every unit of ours is kept from: it writes nothing, gains nothing, and sees no devices and no homes. */
const SANDBOX = [
  ...["NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes"],
  ...["ProtectKernelTunables=yes", "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectControlGroups=yes"],
  ...[
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectProc=invisible",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
  ],
  ...["RestrictSUIDSGID=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes", "RemoveIPC=yes", "UMask=0077"],
  ...["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "SystemCallArchitectures=native"],
  ...["SystemCallFilter=@system-service", "SystemCallErrorNumber=EPERM"],
  // Root without capabilities still owns the engine's socket, which is all that it needs of root.
  "CapabilityBoundingSet=",
  ...["MemoryMax=256M", "TasksMax=64"],
];

const SCRIPTS = `${MACHINE.bundle}/boot`;
const COMPOSE = `/usr/bin/docker compose --file ${MACHINE.bundle}/compose.yaml`;
const DOCKER_ENV = ["Environment=DOCKER_CONFIG=/etc/edge/docker", "Environment=HOME=/tmp"];
/** The longest that services have to end what they began, one after the other. */
const STOP_SECONDS = 90;
/** After that a node that does not serve counts as failed. */
export const READY_SECONDS = 120;

/** Units of a node, by their path below `/`. */
export function units(): Record<string, string> {
  return {
    "etc/systemd/system/edge-node.service": unit({
      description: "The node's containers, until they serve",
      unit: ["Requires=docker.service", "After=docker.service network-online.target", "Wants=network-online.target"],
      service: [
        ...["Type=oneshot", "RemainAfterExit=yes", ...DOCKER_ENV, `ExecStart=${COMPOSE} up --detach --remove-orphans`],
        ...[`ExecStartPost=${SCRIPTS}/ready.sh`, `ExecStop=${COMPOSE} stop`],
        // Images are pulled at the first start.
        ...[`TimeoutStartSec=${READY_SECONDS + 120}`, `TimeoutStopSec=${STOP_SECONDS}`],
      ],
    }),
    "etc/systemd/system/edge-healing.service": unit({
      description: "Starts containers again that are not well",
      unit: ["Requires=docker.service", "After=edge-node.service"],
      service: ["Type=exec", ...DOCKER_ENV, `ExecStart=${SCRIPTS}/healing.sh`, "Restart=always", "RestartSec=5"],
    }),
    "etc/systemd/system/edge-lifecycle.service": unit({
      description: "Drains the node before its machine ends",
      unit: ["After=edge-node.service"],
      service: [
        ...["Type=exec", ...DOCKER_ENV, `ExecStart=${SCRIPTS}/lifecycle.sh`],
        // Done is done: only a failure begins again.
        ...["Restart=on-failure", "RestartSec=5"],
      ],
    }),
  };
}

interface UnitParts {
  readonly description: string;
  readonly unit: readonly string[];
  readonly service: readonly string[];
}

function unit({ description, unit, service }: UnitParts): string {
  return [
    ...["[Unit]", `Description=${description}`, ...unit, ""],
    ...["[Service]", ...service, ...SANDBOX, ""],
    ...["[Install]", "WantedBy=multi-user.target", ""],
  ].join("\n");
}
