#!/usr/bin/env bash
# Makes the README's pictures of the status page from a build of the release: deploy/screenshots/*.png.
# Usage: tests/browser/screenshots.sh [BUILD_FOLDER], by default build/release
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${1:-build/release}")
ctest --test-dir "$build" -R '^browser.install$' --output-on-failure >/dev/null
EXPORTER="$build/fastcgi_exporter" BROWSER_MODULES="$build/browser/node_modules" PYTHONDONTWRITEBYTECODE=1 \
  exec /usr/bin/python3 tests/browser/screenshots.py deploy/screenshots
