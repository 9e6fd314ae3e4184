import { USER_IDS } from "@edge-fleet/runner/image/layout";
import { stringify } from "yaml";
import { type BootConfig, MACHINE } from "./bootConfig.ts";
import { script } from "./bundle.ts";

/** What EC2 takes of user data, before it is encoded. */
export const USER_DATA_BYTES_MAX = 16 * 1_024;

/**
 * User data of a node's machine, for cloud-init: it brings the bundle by its hash and nothing else, so that a machine's launch template
 * changes when its bundle does. Nobody can log in: people come by Session Manager.
 *
 * @throws Error when it is larger than EC2 takes.
 */
export function renderUserData({ bundle }: Pick<BootConfig, "bundle">): string {
  const folder = "/opt/edge/boot";
  const sources = bundle.sources.map(({ region, url }) => `${region}=${url}`);
  const config = {
    // Instead of the image's own user: the owner of the data has a name, and nobody logs in.
    users: [
      { name: "edge", uid: USER_IDS.runner, shell: "/usr/sbin/nologin", lock_passwd: true, no_create_home: true },
    ],
    disable_root: true,
    ssh_pwauth: false,
    package_update: false,
    write_files: ["aws.sh", "fetch.sh"].map((name) => ({
      path: `${folder}/${name}`,
      permissions: "0755",
      content: script(name),
    })),
    runcmd: [[`${folder}/fetch.sh`, bundle.sha256, MACHINE.bundle, ...sources]],
  };
  const text = `#cloud-config\n${stringify(config, { lineWidth: 0 })}`;
  const bytes = Buffer.byteLength(text);
  if (bytes > USER_DATA_BYTES_MAX) throw new Error(`user data has ${bytes} bytes, EC2 takes ${USER_DATA_BYTES_MAX}`);
  return text;
}
