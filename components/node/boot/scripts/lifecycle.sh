#!/bin/sh
# Waits until this machine is to end (its group wants it gone, or Amazon takes a Spot machine back), drains the node, and tells the group that it may end it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/boot.env"
# shellcheck source=components/node/boot/scripts/lifecycleAction.sh
. "$here/lifecycleAction.sh"

while :; do
  if [ "$(metadata autoscaling/target-lifecycle-state 2>/dev/null || true)" = Terminated ]; then
    drain=$EDGE_DRAIN_SECONDS
    break
  fi
  # Two minutes are left then, whatever the group says.
  if metadata spot/instance-action >/dev/null 2>&1; then
    drain=$EDGE_SPOT_DRAIN_SECONDS
    break
  fi
  sleep "$EDGE_LOOK_SECONDS"
done
echo "this machine is to end: serves $drain s more, then ends what is under way"
# The last sleep outlives the loop, and must not hold the log.
while sleep "$EDGE_HEARTBEAT_SECONDS" >/dev/null 2>&1; do lifecycle_heartbeat terminate; done &
heartbeats=$!
# The group has told the load balancer, or the node's health does: what it still sends is served.
sleep "$drain"
docker compose --file "$here/../compose.yaml" stop
kill "$heartbeats"
lifecycle_action terminate
