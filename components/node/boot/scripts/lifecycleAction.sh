# shellcheck shell=sh disable=SC2154
# Tells the auto scaling group that a machine may go on; sourced, after boot.env, by the scripts beside it.
: "${EDGE_METADATA:=http://169.254.169.254}"
# shellcheck source=components/node/boot/scripts/aws.sh
. "$here/aws.sh"

# lifecycle_action <launch|terminate>: a machine without a group has nobody to tell.
lifecycle_action() {
  [ -n "$EDGE_GROUP" ] || return 0
  signed autoscaling "$EDGE_REGION" --max-time 10 --retry 3 -o /dev/null \
    --data-urlencode Action=CompleteLifecycleAction --data-urlencode Version=2011-01-01 \
    --data-urlencode "AutoScalingGroupName=$EDGE_GROUP" --data-urlencode "LifecycleHookName=edge-$1" \
    --data-urlencode "InstanceId=$(metadata instance-id)" --data-urlencode LifecycleActionResult=CONTINUE \
    "${EDGE_AUTOSCALING:-https://autoscaling.$EDGE_REGION.amazonaws.com/}" ||
    echo "the group $EDGE_GROUP was not told of edge-$1" >&2
}
