# shellcheck shell=sh disable=SC2154
# Tells the auto scaling group that a machine may go on, or needs more time; sourced, after boot.env, by the scripts beside it.
: "${EDGE_METADATA:=http://169.254.169.254}"
# shellcheck source=components/node/boot/scripts/aws.sh
. "$here/aws.sh"

# lifecycle_call <launch|terminate> <Action=... and its further fields>: a machine without a group has nobody to tell.
lifecycle_call() {
  [ -n "$EDGE_GROUP" ] || return 0
  hook=edge-$1
  shift
  for field in "$@"; do
    set -- "$@" --data-urlencode "$field"
    shift
  done
  signed autoscaling "$EDGE_REGION" --max-time 10 --retry 3 -o /dev/null "$@" --data-urlencode Version=2011-01-01 \
    --data-urlencode "AutoScalingGroupName=$EDGE_GROUP" --data-urlencode "LifecycleHookName=$hook" \
    --data-urlencode "InstanceId=$(metadata instance-id)" \
    "${EDGE_AUTOSCALING:-https://autoscaling.$EDGE_REGION.amazonaws.com/}" ||
    echo "the group $EDGE_GROUP was not told of $hook" >&2
}

# lifecycle_action <launch|terminate>
lifecycle_action() {
  lifecycle_call "$1" Action=CompleteLifecycleAction LifecycleActionResult=CONTINUE
}

# lifecycle_heartbeat <launch|terminate>: the hook's time begins anew.
lifecycle_heartbeat() {
  lifecycle_call "$1" Action=RecordLifecycleActionHeartbeat
}
