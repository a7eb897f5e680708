#!/usr/bin/env bash
# How much of src/ the unit tests reach, floor by floor: tests/coverage.sh
# Builds them with clang in build/coverage, runs them all and prints a table: lines, and branches, which are the two ways out of
# each condition that the source has (what a compiler adds for exceptions is none). Ends in status 1 when a test fails, and when a
# pure floor (values in, values out: no socket, no clock, no thread) is below 95 % of its lines.
# build/coverage/lines.txt then shows how often each line ran.
set -euo pipefail

[ $# -eq 0 ] || { echo "usage: $0" >&2; exit 64; }
cd "$(dirname "${BASH_SOURCE[0]}")/.."
pure="base fastcgi phpfpm exposition probe state config metrics"
pure_of_schedule="cadence check_beats counts lane_runner open_exchange readings round"
build=$PWD/build/coverage
deploy/install-packages.sh coverage

# No warnings: they are the other builds' business, and a unit of several files gives clang false ones.
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER=clang++-14 -DUNIT_TESTS=all \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12 -DCMAKE_CXX_FLAGS_DEBUG=-g0 \
  -DCMAKE_CXX_FLAGS="-O0 -w -fprofile-instr-generate -fcoverage-mapping" >/dev/null
cmake --build "$build"

status=0 start=$SECONDS
rm -rf "$build/profiles"
mapfile -t programs < <(find "$build/tests" -type f -executable -name '*_test' | sort)
for program in "${programs[@]}"; do
  name=$(basename "$program")
  LLVM_PROFILE_FILE=$build/profiles/$name-%p.profraw "$program" >"$build/$name.log" 2>&1 || {
    grep -E '^\[  FAILED  \]|: Failure$' "$build/$name.log" >&2 || tail -n 5 "$build/$name.log" >&2
    status=1
  }
done
echo "== ${#programs[@]} test programs, $((SECONDS - start)) s"

llvm-profdata-14 merge -sparse -o "$build/all.profdata" "$build"/profiles/*.profraw
# With the exporter, which holds what no test links.
reached=("-instr-profile=$build/all.profdata" "$build/fastcgi_exporter" "${programs[@]/#/-object=}" "$PWD/src")
# Mismatched is what it calls an inline function in a program that includes it without a use; the other programs' count.
llvm-cov-14 show "${reached[@]}" 2>"$build/show.log" >"$build/lines.txt"
llvm-cov-14 report "${reached[@]}" 2>"$build/report.log" >"$build/files.txt"
mapfile -t floors < <(sed -n 's/^add_subdirectory(\(.*\))$/\1/p' src/CMakeLists.txt)
# In a report of llvm-cov: 1 is the path below src/, 8 the lines, 9 those missed, 11 the branches, 12 those missed.
awk -v floors="${floors[*]}" -v pure="$pure" -v pure_of_schedule="$pure_of_schedule" '
  function add(row) { lines[row] += $8; missed[row] += $9; branches[row] += $11; untaken[row] += $12 }
  function percent(without, of) { return of == 0 ? 100 : 100 * (of - without) / of }
  function show(row, is_pure) {
    share = percent(missed[row], lines[row])
    is_low = is_pure && share < 95
    printf "| %s | %s | %d | %.1f %% | %d | %.1f %% |%s\n", row, is_pure ? "yes" : "", lines[row], share, branches[row],
      percent(untaken[row], branches[row]), is_low ? "  below 95 %" : ""
    failed = failed || is_low
  }
  /\.(cc|h) / {
    split($1, path, "/")
    add(path[1])
    name = path[2]; sub(/\.(cc|h)$/, "", name)
    if (path[1] == "schedule" && index(" " pure_of_schedule " ", " " name " ")) add("schedule, pure part")
  }
  END {
    printf "| floor | pure | lines | reached | branches | taken |\n|---|---|---|---|---|---|\n"
    count = split(floors, row, " ")
    for (i = 1; i <= count; i++) {
      show(row[i], index(" " pure " ", " " row[i] " ") > 0)
      if (row[i] == "schedule") show("schedule, pure part", 1)
    }
    exit failed
  }' "$build/files.txt" || status=1
exit "$status"
