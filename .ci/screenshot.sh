#!/usr/bin/env bash
# Take a picture of the first screen of an HTML report, as the README shows it.
# Usage: .ci/screenshot.sh REPORT.html OUT.png [WIDTH [HEIGHT]]
# Needs Chromium (Debian: apt-get install -y --no-install-recommends chromium fonts-dejavu-core).
set -euo pipefail

page=$(realpath "$1")
out=$(realpath -m "$2")
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

"${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
	--disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" \
	--window-size="${3:-1280},${4:-1000}" --screenshot="$out" "file://$page" 2>"$profile/log" || {
	cat "$profile/log" >&2
	exit 1
}
test -s "$out" || {
	echo "no picture was written" >&2
	exit 1
}
