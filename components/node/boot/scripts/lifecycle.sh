#!/bin/sh
# Waits until the auto scaling group wants this machine gone, drains the node, and tells the group that it may end it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/boot.env"
# shellcheck source=components/node/boot/scripts/lifecycleAction.sh
. "$here/lifecycleAction.sh"

until [ "$(metadata autoscaling/target-lifecycle-state 2>/dev/null || true)" = Terminated ]; do sleep "$EDGE_LOOK_SECONDS"; done
echo "this machine is to end: serves $EDGE_DRAIN_SECONDS s more, then ends what is under way"
# The group has told the load balancer; what it still sends is served.
sleep "$EDGE_DRAIN_SECONDS"
docker compose --file "$here/../compose.yaml" stop
lifecycle_action terminate
