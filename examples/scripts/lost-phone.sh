#!/usr/bin/env bash
# A user has lost his phone: forgets its secret and ends his grants. The next login shows a new QR code,
# to whoever knows the password. So make sure that it is really he who asks, and prefer --qr-file: then
# the code is handed over in person, and the login page shows none.
#
#   lost-phone.sh [--yes] [--qr-file FILE.png] NAME
#
# Options of rw2fa that hold for every command are taken from RW2FA_OPTIONS.
set -euo pipefail

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

yes=() picture='' name=''
while [ $# -gt 0 ]; do
  case $1 in
    --yes) yes=(--yes) ;;
    --qr-file) picture=${2-} && shift ;;
    -*) usage ;;
    *)
      [ -z "$name" ] || usage
      name=$1
      ;;
  esac
  shift
done
[ -n "$name" ] || usage
read -ra options <<<"${RW2FA_OPTIONS-}"
rw2fa=(rw2fa "${options[@]}")

# Who that is, and when he last signed in: to compare with what the caller says.
"${rw2fa[@]}" users show -- "$name"
"${rw2fa[@]}" users reset "${yes[@]}" -- "$name"
if [ -n "$picture" ]; then
  "${rw2fa[@]}" users enrol --qr-file "$picture" -- "$name"
fi
