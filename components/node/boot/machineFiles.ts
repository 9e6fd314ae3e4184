import { GROUP_ID, USER_IDS } from "@edge-fleet/runner/image/layout";
import { DATA_FOLDERS } from "../containers/layout.ts";
import { type BootConfig, MACHINE } from "./bootConfig.ts";

/** What the kernel is told, each with its reason. */
const SYSCTL = {
  // BBR keeps its rate on lossy last miles; it wants fair queueing below it.
  "net.core.default_qdisc": "fq",
  "net.ipv4.tcp_congestion_control": "bbr",
  // Bursts of new connections wait in the kernel instead of being dropped.
  "net.core.somaxconn": 65_535,
  "net.ipv4.tcp_max_syn_backlog": 65_535,
  "net.core.netdev_max_backlog": 16_384,
  // Kept connections keep their rate while nothing is sent.
  "net.ipv4.tcp_slow_start_after_idle": 0,
  // Connections to origins: more ports, free again sooner.
  "net.ipv4.ip_local_port_range": "10240 65535",
  "net.ipv4.tcp_tw_reuse": 1,
  "fs.file-max": 2_097_152,
  "fs.nr_open": 2_097_152,
  // What a container may not see of the machine.
  "kernel.dmesg_restrict": 1,
  "kernel.kptr_restrict": 2,
  "kernel.yama.ptrace_scope": 2,
  // A node that hangs is worth less than one that starts again.
  "kernel.panic": 10,
} as const;

const JOURNAL = [
  "SystemMaxUse=200M",
  "RuntimeMaxUse=64M",
  "MaxRetentionSec=7day",
  "RateLimitIntervalSec=10s",
  "RateLimitBurst=2000",
];

/** Amazon's time, an address of the machine's own network. */
const CHRONY = ["server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4"];

/** Security updates alone. A new kernel comes with a new machine; Docker comes from its own archive, and is left alone. */
const UPDATES = [
  "Unattended-Upgrade::Allowed-Origins {",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: apt's own variables
  '  "${distro_id}:${distro_codename}-security";',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: apt's own variables
  '  "${distro_id}ESMApps:${distro_codename}-apps-security";',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: apt's own variables
  '  "${distro_id}ESM:${distro_codename}-infra-security";',
  "};",
  'Unattended-Upgrade::Automatic-Reboot "false";',
  'Unattended-Upgrade::Remove-Unused-Dependencies "true";',
  'APT::Periodic::Update-Package-Lists "1";',
  'APT::Periodic::Unattended-Upgrade "1";',
];

/** Containers go on while the engine is replaced; what a container does not say of its log and files is bounded here. */
const DOCKER = {
  "live-restore": true,
  "log-driver": "json-file",
  "log-opts": { "max-size": "20m", "max-file": "2" },
  "default-ulimits": { nofile: { Name: "nofile", Soft: 65_536, Hard: 65_536 } },
};

/** Settings of the machine by their path below `/`: text from values. */
export function machineFiles({
  updates,
  registries,
}: Pick<BootConfig, "updates" | "registries">): Record<string, string> {
  const end = (updates.fromHour + updates.hours) % 24;
  const { runner } = USER_IDS;
  return {
    "etc/sysctl.d/60-edge.conf": lines(Object.entries(SYSCTL).map(([key, value]) => `${key} = ${value}`)),
    "etc/systemd/journald.conf.d/edge.conf": lines(["[Journal]", ...JOURNAL]),
    "etc/chrony/conf.d/edge.conf": lines(CHRONY),
    "etc/apt/apt.conf.d/60edge": lines(UPDATES),
    // A second instance's window does not begin in the same minute.
    "etc/systemd/system/apt-daily-upgrade.timer.d/edge.conf": lines([
      ...["[Timer]", "OnCalendar=", `OnCalendar=*-*-* ${two(updates.fromHour)}:00 UTC`],
      ...[`RandomizedDelaySec=${updates.hours}h`, "Persistent=false"],
    ]),
    "etc/needrestart/conf.d/edge.conf": lines([
      `# Updates are installed from ${two(updates.fromHour)}:00 to ${two(end)}:00 UTC; none of them restarts the engine.`,
      "$nrconf{override_rc}{qr(^(docker|containerd)\\.service$)} = 0;",
    ]),
    "etc/docker/daemon.json": json(DOCKER),
    "etc/edge/docker/config.json": json({
      credHelpers: Object.fromEntries(registries.map((registry) => [registry, "ecr-login"])),
    }),
    "etc/tmpfiles.d/edge.conf": lines([
      `d ${MACHINE.data} 0711 root root -`,
      ...Object.entries(DATA_FOLDERS).map(
        ([name, mode]) => `d ${MACHINE.data}/${name} 0${mode.toString(8)} ${runner} ${GROUP_ID} -`,
      ),
    ]),
  };
}

function lines(text: readonly string[]): string {
  return `${text.join("\n")}\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function two(hour: number): string {
  return `${hour}`.padStart(2, "0");
}
