#!/usr/bin/env bash
# Adds the users of a CSV file, and draws a QR code for each new one on request.
#
#   onboard.sh [--dry-run] [--qr-dir DIR] FILE.csv
#
# FILE.csv has the header name,type,method,phone. With --qr-dir the secrets are created now: a
# picture for each new user, to be handed over in person. Without it, users see their QR code at
# their first login. Global options of rw2fa are taken from RW2FA_OPTIONS, for example "--store /x".
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

# The file is checked as a whole: if a line is invalid, the script ends here and no user was added.
if [ -z "$qr_dir" ] || [ "${#dry_run[@]}" -gt 0 ]; then
  exec "${rw2fa[@]}" users add --from "$file" "${dry_run[@]}"
fi
status=0
report=$("${rw2fa[@]}" --format json users add --from "$file") || status=$?
[ -n "$report" ] || exit "$status"

umask 077
mkdir -p "$qr_dir"
number=0 kind='' name=''
# Each change has its type, name and result on separate lines, in this order.
while IFS= read -r line; do
  value=${line#*: \"} value=${value%\"*}
  case $line in
    *'"type": "'*) kind=$value ;;
    *'"name": "'*) name=${value//\\\"/\"} name=${name//\\\\/\\} ;;
    *'"result": "'*)
      printf '%s: %s\n' "$name" "$value"
      # Groups have no secret.
      [ "$kind $value" = 'user added' ] || continue
      while
        number=$((number + 1))
        picture=$(printf '%s/%03d.png' "$qr_dir" "$number")
        [ -e "$picture" ]
      do :; done
      if "${rw2fa[@]}" --quiet users enrol --qr-file "$picture" -- "$name"; then
        printf '%s: QR code for %s\n' "$picture" "$name"
      else
        status=1
      fi
      ;;
  esac
done <<<"$report"
exit "$status"
