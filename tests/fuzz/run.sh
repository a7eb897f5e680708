#!/bin/sh
# Builds one fuzz target with clang, ASan and UBSan, and runs it: tests/fuzz/run.sh [TARGET] [SECONDS]
# What it learns stays in build/fuzz/corpus/TARGET; a finding is written to build/fuzz/crash-*.
set -eu

target=${1:-response_reader_fuzz}
seconds=${2:-60}
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD_DIR:-$root/build/fuzz}

case $target in
  response_reader_fuzz) seeds=$root/tests/fastcgi/captures ;;
  status_page_fuzz) seeds=$root/tests/phpfpm/testdata ;;
  pool_file_fuzz) seeds=$root/tests/discovery/testdata ;;
  scrape_uri_fuzz) seeds=$root/tests/config/testdata/scrape_uris ;;
  target_file_fuzz) seeds=$root/tests/config/testdata/target_files ;;
  web_config_fuzz) seeds=$root/tests/config/testdata/web/good ;;
  script_output_fuzz) seeds=$root/tests/metrics/golden ;;
  *) echo "no such fuzz target: $target" >&2; exit 64 ;;
esac

"$root/deploy/install-packages.sh" fuzz
cmake -S "$root" -B "$build" -G Ninja -DFUZZ=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-14 \
  -DCMAKE_CXX_FLAGS="-O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"
cmake --build "$build" --target "$target"

mkdir -p "$build/corpus/$target"
exec "$build/tests/fuzz/$target" -max_total_time="$seconds" -max_len=20000 -artifact_prefix="$build/" \
  -print_final_stats=1 "$build/corpus/$target" "$seeds"
