#!/bin/sh
# Ends with 0 when the node serves, and not before; then tells the auto scaling group that waits for it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/boot.env"
# shellcheck source=components/node/boot/scripts/lifecycleAction.sh
. "$here/lifecycleAction.sh"

waited=0
until [ "$(curl -s --max-time 2 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$EDGE_HTTP_PORT/readyz" || true)" = 200 ]; do
  waited=$((waited + 1))
  if [ "$waited" -ge "$EDGE_READY_SECONDS" ]; then
    echo "the node does not serve after $waited s" >&2
    exit 1
  fi
  sleep 1
done
lifecycle_action launch
