#!/usr/bin/env bash
# Resets a user who has lost their phone: forgets the secret and ends the grants. The next login
# shows a new QR code to anyone who knows the password. So make sure that the request really comes
# from the user, and prefer --qr-file: then the code is handed over in person, and the login page
# shows none.
#
#   lost-phone.sh [--yes] [--qr-file FILE.png] NAME
#
# Global options of rw2fa are taken from RW2FA_OPTIONS.
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

# Shows who that is, and when they last signed in, to compare with what the caller says.
"${rw2fa[@]}" users show -- "$name"
"${rw2fa[@]}" users reset "${yes[@]}" -- "$name"
if [ -n "$picture" ]; then
  "${rw2fa[@]}" users enrol --qr-file "$picture" -- "$name"
fi
