#!/usr/bin/env bash
# Removes leavers from the list and the whitelist, destroys their secrets and ends their grants.
# Close their accounts in the directory first: a user who is not listed needs no code.
#
#   offboard.sh [--dry-run] NAME…
#
# Global options of rw2fa are taken from RW2FA_OPTIONS.
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
# A user on only one of the lists is not a failure. Any other failure is; the rest is still done.
rw2fa "${options[@]}" users remove --yes --ignore-missing "${dry_run[@]}" -- "$@" || failed=1
rw2fa "${options[@]}" whitelist remove --ignore-missing "${dry_run[@]}" -- "$@" || failed=1
exit "$failed"
