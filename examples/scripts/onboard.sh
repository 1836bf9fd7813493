#!/usr/bin/env bash
# Puts the users of a CSV file on the list, and draws a QR code for each new one if asked to.
#
#   onboard.sh [--dry-run] [--qr-dir DIR] FILE.csv
#
# FILE.csv has the header name,type,method,phone. With --qr-dir the secrets are made now: a picture for
# each new user, to be handed over in person. Without it users see their QR code at the first login.
# Options of rw2fa that hold for every command are taken from RW2FA_OPTIONS, for example "--store /x".
set -euo pipefail

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

dry_run=() qr_dir='' file=''
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=(--dry-run) ;;
    --qr-dir) qr_dir=${2-} && shift ;;
    -*) usage ;;
    *)
      [ -z "$file" ] || usage
      file=$1
      ;;
  esac
  shift
done
[ -n "$file" ] || usage
read -ra options <<<"${RW2FA_OPTIONS-}"
rw2fa=(rw2fa "${options[@]}")

# The file is checked as a whole: a bad line ends the script here, and nobody was added.
report=$("${rw2fa[@]}" users add --from "$file" "${dry_run[@]}")
printf '%s\n' "$report"

[ -n "$qr_dir" ] && [ "${#dry_run[@]}" -eq 0 ] || exit 0
umask 077
mkdir -p "$qr_dir"
number=0
while IFS= read -r line; do
  # Groups have no secret.
  name=${line%: added}
  "${rw2fa[@]}" --quiet users show -- "$name" >/dev/null 2>&1 || continue
  number=$((number + 1))
  picture=$(printf '%s/%03d.png' "$qr_dir" "$number")
  "${rw2fa[@]}" --quiet users enrol --qr-file "$picture" -- "$name"
  printf '%s: QR code for %s\n' "$picture" "$name"
done < <(grep ': added$' <<<"$report")
