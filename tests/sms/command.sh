#!/bin/sh
# An SMS command for the tests: keeps each message in a file beside the link through which it is
# called, and ends as the file with the extension .mode says.
mode=$(cat "$0.mode" 2>/dev/null)
# In one write: several commands may record a message at the same time.
[ "$mode" = deaf ] || { message=$(cat) && printf '%s\n' "$message" >>"$0.log"; }
[ -z "${HOME-}${RW2FA_STORE-}" ] || exit 99
[ $# -eq 0 ] || exit 98
case $mode in
  refuse) exit 1 ;;
  die) kill -9 $$ ;;
  fail) exit 7 ;;
  garbage) printf '\377\376' ;;
  flood) yes | head -c 3000000 ;;
  hang | deaf) sleep 60 ;;
  slow) sleep 3 ;;
  talk) echo queued ;;
esac
exit 0
