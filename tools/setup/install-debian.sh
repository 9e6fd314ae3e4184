#!/bin/sh
# Installs Debian packages as root, without any service of theirs being started, now or at the next boot.
#
# usage: install-debian.sh POLICY_FILE LOCK_FILE PACKAGE...
#
# POLICY_FILE is /usr/sbin/policy-rc.d, which Debian's packaging asks before it starts a service. One that is there belongs to the machine's owner and
# stays; ours allows everything again as soon as this script is gone, even if it could not remove it.
set -eu

policy=$1
lock=$2
shift 2
mark="edge-fleet set-up"
export DEBIAN_FRONTEND=noninteractive

# Set-ups one after the other: the first one's end must not lift the policy under the second.
mkdir -p "$(dirname "$lock")"
exec 9>"$lock"
flock 9

is_installed() {
  dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

added=
for package in "$@"; do
  is_installed "$package" || added="$added $package"
done

# A service that we brought would take our ports at the next boot. What was installed before is the owner's, we leave it as it is.
disable_services() {
  for package in $added; do
    is_installed "$package" || continue
    dpkg-query -L "$package" | while read -r path; do
      case $path in
      */systemd/system/*@.* | */systemd/system/*/*) ;;
      */systemd/system/*.service | */systemd/system/*.socket | */systemd/system/*.timer)
        if command -v systemctl >/dev/null; then
          systemctl disable "${path##*/}" || echo "could not disable ${path##*/}"
          # Where systemd runs, policy-rc.d has kept it from starting; this is for one that a trigger started all the same.
          if [ -d /run/systemd/system ]; then systemctl stop "${path##*/}" || true; fi
        fi
        ;;
      /etc/init.d/*)
        # Without systemd, run level links start services.
        if ! command -v systemctl >/dev/null && command -v update-rc.d >/dev/null; then update-rc.d "${path##*/}" disable || true; fi
        ;;
      esac
    done
  done
}

finish() {
  status=$?
  trap - EXIT
  trap '' INT TERM HUP
  disable_services
  if grep -qs "$mark" "$policy"; then rm -f "$policy"; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Ours from a set-up that was killed: it is without effect, and in the way.
if grep -qs "$mark" "$policy"; then rm -f "$policy"; fi
if [ ! -e "$policy" ]; then
  # noclobber: should somebody else make one at this very moment, theirs stays.
  (
    set -C
    umask 022
    printf '#!/bin/sh\n# %s: no service starts while process %s installs packages\n[ -d /proc/%s ] || exit 0\nexit 101\n' "$mark" $$ $$ >"$policy"
  ) && chmod 755 "$policy"
  if [ ! -e "$policy" ]; then
    echo "cannot write $policy, without which the packages would start services" >&2
    exit 1
  fi
fi

install() {
  apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
}

# Lists that are missing or too old to be fetched from: update, then try again.
lists=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' 2>/dev/null | head -n 1)
if [ -n "$lists" ] && install "$@"; then exit 0; fi
apt-get -o DPkg::Lock::Timeout=120 update
install "$@"
