#!/usr/bin/env bash
# Takes people who leave off the list and off the whitelist. Their secrets are destroyed and their grants
# ended. Close their accounts in the directory first: who is not listed needs no code.
#
#   offboard.sh [--dry-run] NAME…
#
# Options of rw2fa that hold for every command are taken from RW2FA_OPTIONS.
set -euo pipefail

dry_run=()
if [ "${1-}" = --dry-run ]; then
  dry_run=(--dry-run)
  shift
fi
if [ $# -eq 0 ] || [[ $1 == -* ]]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
read -ra options <<<"${RW2FA_OPTIONS-}"

failed=0
# Somebody who is on one list only is no failure; whatever else fails is, and the rest is done all the same.
rw2fa "${options[@]}" users remove --yes --ignore-missing "${dry_run[@]}" -- "$@" || failed=1
rw2fa "${options[@]}" whitelist remove --ignore-missing "${dry_run[@]}" -- "$@" || failed=1
exit "$failed"
