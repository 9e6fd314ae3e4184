#!/bin/sh
# Makes a node of the machine that has unpacked this bundle; runs once, as root, from cloud-init, and may be run again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

# shellcheck source=/dev/null
. "$here/boot.env"
"$here/name.sh" "$EDGE_NAME_PLACEHOLDER"

# Files first: services find their settings when they are installed.
cp -R --no-preserve=ownership "$here/../system/." /
sysctl --quiet --system
systemd-tmpfiles --create edge.conf
systemctl restart systemd-journald
systemctl disable --now ssh.service ssh.socket 2>/dev/null || true

# Docker's own packages, by a key that is compared with the fingerprint that Docker publishes before apt sees it.
key=$(mktemp -d)
curl -fsS --max-time 30 --retry 5 --retry-all-errors -o "$key/docker.asc" https://download.docker.com/linux/ubuntu/gpg
found=$(gpg --batch --homedir "$key" --show-keys --with-colons "$key/docker.asc" | awk -F: '$1 == "fpr" { print $10; exit }')
if [ "$found" != "$EDGE_DOCKER_KEY" ]; then
  echo "Docker's key has the fingerprint $found instead of $EDGE_DOCKER_KEY" >&2
  exit 1
fi
install -m 644 -D "$key/docker.asc" /etc/apt/keyrings/docker.asc
rm -rf "$key"
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
echo "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/ubuntu $codename stable" \
  >/etc/apt/sources.list.d/docker.list
apt-get -o DPkg::Lock::Timeout=120 update
apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends \
  docker-ce docker-ce-cli containerd.io docker-compose-plugin amazon-ecr-credential-helper chrony unattended-upgrades

systemctl daemon-reload
systemctl enable --now chrony.service unattended-upgrades.service apt-daily-upgrade.timer
systemctl enable --now edge-node.service edge-healing.service edge-lifecycle.service
