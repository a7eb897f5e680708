#!/usr/bin/env bash
# From a clone to live metrics: installs what this machine lacks (Debian 12), builds the exporter and runs it.
#   deploy/quickstart.sh                                      the demo: nothing else is needed
#   deploy/quickstart.sh --fastcgi.target=127.0.0.1:9000      the exporter, with these arguments
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=$project/build/release/fastcgi_exporter

{
  "$project/deploy/install-packages.sh" build
  echo "Building what has changed of fastcgi_exporter; the first time this takes some minutes."
  cd "$project"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if ! { cmake --preset release && cmake --build --preset release; } >"$log" 2>&1; then
    cat "$log"
    echo "The build failed; its output is above."
    exit 1
  fi
  rm -f "$log"
  cd - >/dev/null
} >&2

[ $# -gt 0 ] || set -- demo
exec "$binary" "$@"
