#!/usr/bin/env bash
# Writes the metrics of rw2fa into the directory of node_exporter's textfile collector.
#
#   rw2fa-metrics.sh [DIRECTORY]
#
# Replaces the file as a whole, so that the collector never reads half of it. If rw2fa cannot run at
# all, the old file stays: the alert Rw2faMetricsStale notices its age.
# Global options of rw2fa are taken from RW2FA_OPTIONS.
set -euo pipefail

directory=${1:-/var/lib/prometheus/node-exporter}
read -ra options <<<"${RW2FA_OPTIONS-}"

# The collector reads only names that end in .prom.
new=$(mktemp "$directory/.rw2fa.XXXXXX")
trap 'rm -f -- "$new"' EXIT

# A store with problems has metrics, too: rw2fa_healthy is 0, or rw2fa_up if it cannot be read.
code=0
rw2fa "${options[@]}" status --format prometheus >"$new" || code=$?
case $code in
0 | 1 | 4) ;;
*) exit "$code" ;;
esac

chmod 644 -- "$new"
mv -f -- "$new" "$directory/rw2fa.prom"
