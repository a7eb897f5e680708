#!/usr/bin/env bash
# Installs the Debian packages that this machine lacks.
# Usage: deploy/install-packages.sh build|test|packaging|analysis|fuzz|coverage|bench
# Does nothing, and needs no root, when none is missing.
set -euo pipefail

build=(ca-certificates g++ cmake ninja-build pkg-config
  nlohmann-json3-dev prometheus-cpp-dev libcpp-httplib-dev libc-ares-dev libyaml-cpp-dev libre2-dev
  libcli11-dev libspdlog-dev libssl-dev libxxhash-dev libcrypt-dev zlib1g-dev)
test=(libgtest-dev libgmock-dev clang-14 clang-format-14 shellcheck
  php8.2-fpm php8.2-cgi fcgiwrap libfcgi-dev uwsgi-core
  prometheus python3 python3-pytest python3-prometheus-client python3-yaml python3-jsonschema
  curl openssl iproute2 nftables procps strace faketime util-linux
  dpkg-dev lintian man-db systemd python3-kubernetes chromium)
command -v npm >/dev/null || test+=(npm)  # other packages of Node.js bring it along
packaging=(mmdebstrap systemd-container podman buildah crun netavark aardvark-dns catatonit docker-compose nginx-light)
analysis=(clang-14 clang-tidy-14 cppcheck)
fuzz=(clang-14 libclang-rt-14-dev llvm-14)  # coverage, too
bench=(libbenchmark-dev valgrind wrk binutils
  nginx prometheus-blackbox-exporter)  # these two to be compared with

case "${1:-}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}" "${bench[@]}") ;;
  packaging) wanted=("${build[@]}" "${test[@]}" "${packaging[@]}") ;;
  analysis) wanted=("${build[@]}" "${analysis[@]}") ;;
  fuzz | coverage) wanted=("${build[@]}" "${test[@]}" "${fuzz[@]}") ;;
  bench) wanted=("${build[@]}" "${test[@]}" "${bench[@]}") ;;
  *) echo "usage: $0 build|test|packaging|analysis|fuzz|coverage|bench" >&2; exit 64 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Not root and no sudo: please install these packages first: ${missing[*]}" >&2; exit 1; }
  root=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
# The daemons among them (php-fpm, prometheus) are only wanted as programs: this keeps them from being started.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
  "${root[@]}" chmod 755 "$policy"
  trap '"${root[@]}" rm -f "$policy"' EXIT
fi
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
