#!/bin/sh
# Collects what a program needs to run by itself into the root of an image: the program, its loader and libraries, a
# configuration that watches nothing, and the licenses of what it is linked with.
#   deploy/container/collect.sh PROGRAM FOLDER
set -eu

program=$1 root=$2
here=$(dirname "$0")

install -D -s "$program" "$root/usr/bin/$(basename "$program")"
install -D -m 644 "$here/fastcgi_exporter.yaml" "$root/etc/fastcgi_exporter/fastcgi_exporter.yaml"
ldd "$program" | grep -o '/[^ ]*' | sort -u | while read -r library; do
  install -D -m 755 "$library" "$root$library"
  package=$(dpkg-query --search "*/$(basename "$library")" | head -1 | cut -d: -f1)
  install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done
