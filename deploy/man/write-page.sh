#!/bin/sh
# Prints the manual page: its frame with the options and commands that the program's own --help lists, and the variables of
# config/CONFIG.md, which the program has written, too.
#   deploy/man/write-page.sh PROGRAM VERSION DATE
set -eu

here=$(dirname "$0")
frame=$here/fastcgi_exporter.1.in

# "  --flag VALUE   text" becomes an entry; a line that begins further right goes on with its text, which begins in column 31
# at the latest. Nothing of it is markup.
entries() {  # entries HEADING
  "$program" --help | awk -v heading="$1:" '
    function escaped(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); sub(/^[.'"'"']/, "\\\\\\&&", text); return text }
    !/^ / { inside = ($0 == heading); next }
    !inside || !NF { next }
    /^  [^ ]/ {
      line = substr($0, 3)
      split_at = match(line, /  +/)
      if (length($0) > 30 && substr($0, 30, 1) == " ") split_at = 28
      name = split_at ? substr(line, 1, split_at - 1) : line
      sub(/ +$/, "", name)
      print ".TP\n.B " escaped(name)
      line = split_at ? substr(line, split_at) : ""
    }
    /^   / { line = $0 }
    { sub(/^ +/, "", line); if (line != "") print escaped(line) }'
}

# | `NAME` | `default` | meaning | becomes an entry.
variables() {
  awk -F ' *[|] *' '
    function escaped(text) { gsub(/`/, "", text); gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); return text }
    $2 ~ /^`[A-Z_]+`$/ { print ".TP\n" escaped($2) " (default " escaped($3) ")\n\\&" escaped($4) }' "$here/../../config/CONFIG.md"
}

program=$1
options=$(entries Options) commands=$(entries Subcommands) environment=$(variables)
if [ -z "$options" ] || [ -z "$commands" ] || [ -z "$environment" ]; then
  echo "$0: --help has no options or no commands, or CONFIG.md no variables" >&2
  exit 1
fi
while IFS= read -r line; do
  case $line in
    @OPTIONS@) printf '%s\n' "$options" ;;
    @COMMANDS@) printf '%s\n' "$commands" ;;
    @ENVIRONMENT@) printf '%s\n' "$environment" ;;
    .TH*) printf '%s\n' "$line" | sed "s/@VERSION@/$2/; s/@DATE@/$3/" ;;
    *) printf '%s\n' "$line" ;;
  esac
done <"$frame"
