#!/bin/sh
# Starts containers again that run and are not well; those that end the engine starts by itself.
set -eu
while :; do
  for name in $(docker ps --filter health=unhealthy --format '{{.Names}}'); do
    echo "$name is not well: it is started again"
    docker restart "$name" >/dev/null || echo "$name could not be started again" >&2
  done
  sleep "${EDGE_LOOK_SECONDS:-5}"
done
