#!/usr/bin/env bash
# Reports listed users who have not set up a second factor yet. Prints nothing if all have, so that
# cron sends a mail only when there is something to do.
#
#   pending-report.sh
#
# In a crontab:  0 6 * * *  root  /usr/local/sbin/pending-report.sh
# Global options of rw2fa are taken from RW2FA_OPTIONS.
set -euo pipefail

read -ra options <<<"${RW2FA_OPTIONS-}"

# names STATE: prints the users in this state, one per line. The name is everything before the next
# comma, or is in quotes if it contains a comma itself.
names() {
  rw2fa "${options[@]}" --quiet users list --type user --state "$1" --format csv |
    sed -e 1d -e 's/^"\(\([^"]\|""\)*\)",.*/\1/;t quoted' -e 's/,.*//' -e b -e ':quoted' -e 's/""/"/g'
}

# section TITLE NAMES: prints both if there are names.
section() {
  [ -n "$2" ] || return 0
  printf '%s (%d):\n' "$1" "$(wc -l <<<"$2")"
  printf '  %s\n' "${2//$'\n'/$'\n'  }"
}

# In variables, so that a failure of rw2fa ends the script.
never=$(names none)
begun=$(names pending)
locked=$(names locked)
section 'Never signed in' "$never"
section 'Saw the QR code, and typed no code yet' "$begun"
section 'Locked' "$locked"
