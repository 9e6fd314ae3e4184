#!/bin/sh
# Puts the machine's id where the bundle's files have no name yet: all machines of a group have one bundle. usage: name.sh PLACEHOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${EDGE_METADATA:=http://169.254.169.254}"
# shellcheck source=components/node/boot/scripts/aws.sh
. "$here/aws.sh"

name=$(metadata instance-id)
grep -rlF "$1" "$here/../etc" "$here/../compose.yaml" | while read -r file; do
  sed -i "s/$1/$name/g" "$file"
done
