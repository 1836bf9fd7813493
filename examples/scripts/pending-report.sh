#!/usr/bin/env bash
# Tells who is on the list and has not set up a second factor yet. Prints nothing if everybody has, so
# that cron sends a mail only when there is something to do.
#
#   pending-report.sh
#
# In a crontab:  0 6 * * *  root  /usr/local/sbin/pending-report.sh
# Options of rw2fa that hold for every command are taken from RW2FA_OPTIONS.
set -euo pipefail

read -ra options <<<"${RW2FA_OPTIONS-}"

# names STATE: the users in this state, one a line. The name is all that stands before the next comma,
# or, if it holds one itself, in quotes.
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
