#!/usr/bin/env bash
# What deploy/ ships, installed and run (Debian 12, root): the Debian package in a clean system and under a booted systemd, the
# image, compose's services, the Kubernetes objects. It sets itself up and keeps what takes long to make in build/packaging;
# the compiler's run in the image is most of the time.
#   tests/packaging.sh               everything
#   tests/packaging.sh package       one of: package image compose kubernetes
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(package image compose kubernetes)
for stage in "${stages[@]}"; do
  [ -f "tests/packaging/${stage}_test.py" ] || { echo "usage: $0 [package|image|compose|kubernetes]..." >&2; exit 64; }
done
[ "$(id -u)" -eq 0 ] || { echo "Only root can boot a system and build an image: sudo $0 $*" >&2; exit 1; }

# Mounts of our own. Of the two kinds of control groups podman wants one: the older, where a machine has both.
if [ -z "${PACKAGING_MOUNTS:-}" ]; then
  PACKAGING_MOUNTS=private exec unshare --mount "$0" "${stages[@]}"
fi
if mountpoint --quiet /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi

deploy/install-packages.sh packaging

work=$PWD/build/packaging
mkdir -p "$work"
# The limits that podman would raise are those of a machine where root may.
printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' >"$work/containers.conf"

system() {  # system NAME PACKAGE,...: a Debian 12 as NAME.tar, made once
  [ ! -f "$work/$1.tar" ] || return 0
  echo "== a Debian 12: $1"
  mmdebstrap --quiet --variant=minbase --include="$2" bookworm "$work/$1.new.tar"
  mv "$work/$1.new.tar" "$work/$1.tar"
}
system clean ca-certificates
system booting systemd,systemd-sysv,dbus,php8.2-fpm,ca-certificates

echo "== the optimized binary"
cmake --preset release-tests >/dev/null
cmake --build --preset release-tests -- fastcgi_exporter

node=$work/node
if ! cmp --silent tests/packaging/package.json "$node/package.json"; then
  echo "== what reads Kubernetes' objects"
  mkdir -p "$node"
  (cd "$node" && cp "$OLDPWD/tests/packaging/package.json" . && npm install --no-audit --no-fund --ignore-scripts --silent) ||
    { rm -f "$node/package.json"; exit 1; }
fi

tests=()
for stage in "${stages[@]}"; do tests+=("tests/packaging/${stage}_test.py"); done
BUILD=$PWD/build/release EXPORTER=$PWD/build/release/fastcgi_exporter PACKAGING=$work CONTAINERS_CONF=$work/containers.conf \
  PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -v -p no:cacheprovider --durations=10 "${tests[@]}"
