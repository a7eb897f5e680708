#!/usr/bin/env bash
# How much of its parser each target's corpus reaches, after tests/fuzz/run.sh: tests/fuzz/coverage.sh [TARGET...]
# Prints the lines reached of each file, and of all of them together.
set -euo pipefail

targets=(response_reader http_front config web_config status_page pool_file target_file script_output scrape_uri address
  health lane)
[ $# -eq 0 ] || targets=("${@%_fuzz}")
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${FUZZ_BUILD_DIR:-$root/build/fuzz}

parser_of() {
  case $1 in
    response_reader) echo fastcgi/response_reader.cc fastcgi/cgi_headers.cc fastcgi/transcript.cc ;;
    http_front) echo http/head.cc http/target.cc http/request_reader.cc http/credentials.cc web/accept.cc web/probe_query.cc ;;
    config) echo config/document.cc config/fields.cc config/{schema,module_fields,check_fields,expect_fields}.cc \
      config/{target_fields,discovery_fields,types}.cc ;;
    web_config) echo config/web_config.cc config/web_names.cc ;;
    status_page) echo phpfpm/status_page.cc phpfpm/process_list.cc ;;
    pool_file) echo phpfpm/pool_file.cc phpfpm/listen_address.cc ;;
    target_file) echo config/target_file.cc ;;
    script_output) echo exposition/script_output.cc exposition/script_families.cc exposition/text_line.cc ;;
    scrape_uri) echo config/compat.cc ;;
    address) echo base/address.cc config/probe_allow.cc ;;
    health) echo probe/health.cc ;;
    lane) echo schedule/{lane_runner,open_exchange,round,cadence,check_beats,counts}.cc probe/{health,judge}.cc ;;
  esac
}

for target in "${targets[@]}"; do
  program=$build/tests/fuzz/${target}_fuzz
  LLVM_PROFILE_FILE=$build/$target.profraw "$program" -runs=0 "$build/corpus/$target" >/dev/null 2>&1
  llvm-profdata-14 merge -o "$build/$target.profdata" "$build/$target.profraw"
  echo "== $target"
  read -ra files < <(parser_of "$target")
  llvm-cov-14 report "$program" -instr-profile="$build/$target.profdata" "${files[@]/#/$root/src/}" |
    awk '/\.cc |^TOTAL/ {printf "%-40s %5d lines %6s\n", $1, $8, $10}'
done
