#!/usr/bin/env bash
# The soak: 500 targets with random faults, reloads and hostile HTTP clients for so many minutes. Prints the table that
# tests/RESULTS.md keeps, and fails when something leaks, a beat is lost, a counter falls or /healthz is silent.
#   tests/soak.sh MINUTES            by chance
#   tests/soak.sh MINUTES SEED       the same choices again
# The exporter is build/release/fastcgi_exporter, or the one that EXPORTER names. Everything stays on loopback, and ends
# when the time is over: SIGTERM ends it after the present turn, with the table, Ctrl-C at once.
set -euo pipefail

if ! [[ ${1-} =~ ^[0-9]+(\.[0-9]+)?$ && ${2-0} =~ ^[0-9]+$ && $# -le 2 ]]; then
  echo "usage: $0 MINUTES [SEED]" >&2
  exit 64
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export EXPORTER=${EXPORTER:-$PWD/build/release/fastcgi_exporter}
[ -x "$EXPORTER" ] || { echo "no $EXPORTER: build it, or set EXPORTER" >&2; exit 64; }
exec /usr/bin/python3 -B tests/soak/soak.py "$@"
