#!/usr/bin/env bash
# The benchmark suite: installs and builds what it needs, runs every row, prints one table and writes
# build/bench/bench.json and build/bench/scaling.svg. What the rows mean is in README.md beside this file.
#   tests/bench/run.sh                 everything, under 15 minutes
#   tests/bench/run.sh --rows 1,2      some rows
#   tests/bench/run.sh --quick         each row for a moment, beside the peers that are there already
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
peers=$PWD/build/bench/peers
mkdir -p "$peers"

# peer NAME COMMAND...: builds what a toolchain of this machine can build; a missing peer is only absent from the table.
peer() {
  local name=$1 why
  shift
  [ ! -x "$peers/$name" ] || return 0
  if why=$("$@" 2>&1); then
    rm -f "$peers/$name.absent"
  else
    echo "$why" | grep -v '^ *$' | tail -n 1 | cut -c 1-160 >"$peers/$name.absent"
  fi
}

go_peer() {
  command -v go >/dev/null || { echo "no go on this machine"; return 1; }
  (cd tests/bench/go && GOFLAGS=-mod=readonly go build -o "$peers/$1" "./$1")
}

go_program() {
  command -v go >/dev/null || { echo "no go on this machine"; return 1; }
  GOBIN=$peers go install "$1"
}

cargo_program() {
  command -v cargo >/dev/null || { echo "no cargo on this machine"; return 1; }
  cargo install --quiet --root "$peers/cargo" --version "$2" "$1" && cp "$peers/cargo/bin/$1" "$peers/"
}

deploy/install-packages.sh bench
if [[ " $* " != *" --quick "* ]]; then
  peer http_server go_peer http_server
  peer page go_peer page
  peer php-fpm_exporter go_program github.com/hipages/php-fpm_exporter@latest
  peer fastcgi-healthcheck cargo_program fastcgi-healthcheck 0.2.0
fi
if [ -z "${EXPORTER:-}" ]; then
  cmake --preset release-tests >/dev/null
  cmake --build build/release --target bench
fi
export EXPORTER=${EXPORTER:-$PWD/build/release/fastcgi_exporter}
export BENCH_PROGRAMS=${BENCH_PROGRAMS:-$PWD/build/release/tests/bench} BENCH_PEERS=$peers
exec /usr/bin/python3 -B tests/bench/suite.py "$@"
