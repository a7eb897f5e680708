#!/usr/bin/env bash
# Installs what the tests need (Debian 12), then builds and runs all of them: optimized, under ASan+UBSan, under TSan,
# and compiles everything with clang, for its warnings and its thread-safety analysis.
#   tests/run.sh             everything
#   tests/run.sh release     one of: release dev tsan clang analysis; the last one only when it is named
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
deploy/install-packages.sh test

build() {  # build CONFIGURE_PRESET BUILD_PRESET
  echo "== $1: build"
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$2"
}

run() {
  echo "== $1: test"
  ctest --preset "$1" --parallel "${TEST_JOBS:-4}"
}

stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(clang tsan dev release)
for stage in "${stages[@]}"; do
  case "$stage" in
    clang) build clang clang ;;
    analysis) tests/analysis.sh ;;
    release) build release-tests release-tests; run release ;;
    dev | tsan) build "$stage" "$stage"; run "$stage" ;;
    *) echo "usage: $0 [release|dev|tsan|clang|analysis]..." >&2; exit 64 ;;
  esac
done
