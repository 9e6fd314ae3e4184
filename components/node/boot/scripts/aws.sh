# shellcheck shell=sh
# Instance metadata and signed requests with nothing but curl: sourced by the scripts beside it. EDGE_METADATA is where metadata is.

# metadata <path>
metadata() {
  token=$(curl -fsS --max-time 5 --retry 5 --retry-connrefused -X PUT \
    -H 'x-aws-ec2-metadata-token-ttl-seconds: 300' "$EDGE_METADATA/latest/api/token")
  curl -fsS --max-time 5 --retry 2 -H "x-aws-ec2-metadata-token: $token" "$EDGE_METADATA/latest/meta-data/$1"
}

# signed <service> <region> <curl arguments...>: with the machine's role. Keys go in by standard input, where no other process sees them.
signed() {
  service=$1
  region=$2
  shift 2
  role=$(metadata iam/security-credentials/) || return 1
  keys=$(metadata "iam/security-credentials/$role") || return 1
  field() { printf '%s\n' "$keys" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }
  printf 'user = "%s:%s"\nheader = "x-amz-security-token: %s"\n' \
    "$(field AccessKeyId)" "$(field SecretAccessKey)" "$(field Token)" |
    curl -fsS --config - --aws-sigv4 "aws:amz:$region:$service" "$@"
}
