#!/usr/bin/env bash
# Builds the fuzz targets with clang, ASan and UBSan, and runs each for so long: tests/fuzz/run.sh SECONDS [TARGET...]
# What they learn stays in build/fuzz/corpus/TARGET; a finding is written to build/fuzz/TARGET-*, and ends in status 1.
set -euo pipefail

targets=(response_reader http_front config web_config status_page pool_file target_file script_output scrape_uri address
  health lane)
seconds=${1:-60}
shift || true
[ $# -eq 0 ] || targets=("${@%_fuzz}")
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD_DIR:-$root/build/fuzz}

# Besides tests/fuzz/corpus.
seeds_of() {
  case $1 in
    response_reader) echo "$root/tests/fastcgi/captures" ;;
    status_page) echo "$root/tests/phpfpm/testdata" ;;
    pool_file) echo "$root/tests/discovery/testdata" ;;
    scrape_uri) echo "$root/tests/config/testdata/scrape_uris" ;;
    target_file) echo "$root/tests/config/testdata/target_files" ;;
    config) printf "%s\n" "$root/tests/config/testdata/good" "$root/tests/config/testdata/bad" ;;
    web_config) printf "%s\n" "$root/tests/config/testdata/web"/{good,bad} ;;
    script_output) echo "$root/tests/metrics/golden" ;;
    http_front | address | health | lane) ;;
    *) echo "no such fuzz target: $1" >&2; exit 64 ;;
  esac
  [ ! -d "$root/tests/fuzz/corpus/$1" ] || echo "$root/tests/fuzz/corpus/$1"
}

"$root/deploy/install-packages.sh" fuzz
# Coverage is counted in the same programs, for tests/fuzz/coverage.sh.
cmake -S "$root" -B "$build" -G Ninja -DFUZZ=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-14 \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12 -DCMAKE_CXX_FLAGS_DEBUG=-g1 \
  -DCMAKE_CXX_FLAGS="-O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
-fsanitize-coverage-ignorelist=$root/tests/fuzz/library_code.txt -fprofile-instr-generate -fcoverage-mapping"
cmake --build "$build" --target "${targets[@]/%/_fuzz}"

export LLVM_PROFILE_FILE=/dev/null
status=0
for target in "${targets[@]}"; do
  mapfile -t seeds < <(seeds_of "$target")
  mkdir -p "$build/corpus/$target"
  echo "== $target"
  # So that the corpus alone is all that was learnt.
  "$build/tests/fuzz/${target}_fuzz" -merge=1 "$build/corpus/$target" "${seeds[@]}" >"$build/$target.log" 2>&1 || status=1
  "$build/tests/fuzz/${target}_fuzz" -max_total_time="$seconds" -max_len=20000 -artifact_prefix="$build/$target-" \
    -print_final_stats=1 "$build/corpus/$target" >>"$build/$target.log" 2>&1 || status=1
  grep -E '^#.*DONE|number_of_executed|ERROR|SUMMARY' "$build/$target.log" || tail -n 5 "$build/$target.log"
done
exit "$status"
