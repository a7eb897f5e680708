#!/usr/bin/env bash
# clang-tidy and cppcheck over every file of src/: tests/analysis.sh
# What they look for, and what not and why, is in .clang-tidy and tests/cppcheck-suppressions.txt. A finding ends in status 1.
# ANALYSIS_JOBS says how many run at once, by default one for each core.
set -euo pipefail

[ $# -eq 0 ] || { echo "usage: $0" >&2; exit 64; }
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
build=$root/build/analysis
jobs=${ANALYSIS_JOBS:-$(nproc)}
deploy/install-packages.sh analysis

# A whole floor is one unit: the libraries' headers are then read once a floor instead of once a file, in a tenth of the time.
cmake --preset clang -B "$build" -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=1000 >/dev/null
cmake --build "$build" --target src/web/assets.cc >/dev/null  # the one source that is generated

mapfile -t units < <(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json")
covered=$(printf '%s\n' "${units[@]}"; sed -n 's/^#include "\(.*\.cc\)"$/\1/p' "${units[@]}")
missed=$(comm -23 <(find "$root/src" -name '*.cc' | sort) <(sort <<<"$covered"))
[ -z "$missed" ] || { printf 'in no unit of the build, so not looked at:\n%s\n' "$missed" >&2; exit 1; }

# A unit includes .cc files, which is what suspicious-include is about, and a name of one function may be that of another file.
status=0 start=$SECONDS verdict="nothing found"
printf '%s\0' "${units[@]}" | xargs -0 -n 1 -P "$jobs" clang-tidy-14 --quiet -p "$build" --config-file="$root/.clang-tidy" \
  --checks=-bugprone-suspicious-include --extra-arg=-Wno-shadow 2>"$build/clang-tidy.log" || status=1 verdict="findings above"
[ $status -eq 0 ] || grep -vE '^[0-9]+ warnings? ' "$build/clang-tidy.log" >&2 || true
echo "== clang-tidy: $verdict, $(find src -name '*.cc' | wc -l) files, $((SECONDS - start)) s"

start=$SECONDS verdict="nothing found"
cppcheck --quiet --enable=warning,performance,portability --std=c++20 --language=c++ --error-exitcode=1 \
  --suppressions-list=tests/cppcheck-suppressions.txt --inline-suppr -j "$jobs" -I src src ||
  status=1 verdict="findings above"
echo "== cppcheck: $verdict, $((SECONDS - start)) s"
exit $status
