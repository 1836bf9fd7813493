#!/usr/bin/env bash
# Issues a licence for rw2fa, as a licensing portal does. Needs bash and OpenSSL 3, nothing else.
#
#   examples/licensing/issue.sh --serial XXXX-XXXX-XXXX-XXXX --order NUMBER --email ADDRESS \
#     [--edition enterprise|mobile-web] [--days N] [--users N] [--key PRIVATE-KEY.pem] >license.lic
#
# Without --days the licence never ends, without --users it has no limit. Without --key it is signed
# with the development key beside this script, which only builds without a vendor key accept.
# OpenSSL reads the private key; the licence goes to standard output.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
serial='' order='' email='' edition=enterprise days='' users=''
key=$here/development-private-key.pem

fail() {
  printf 'issue.sh: %s\n' "$*" >&2
  exit 1
}

while [ "$#" -gt 0 ]; do
  case $1 in
    --help | -h)
      sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    --serial | --order | --email | --edition | --days | --users | --key)
      [ "$#" -ge 2 ] || fail "$1 needs a value"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    *) fail "unknown option $1; see --help" ;;
  esac
done

for name in serial order email; do
  [ -n "${!name}" ] || fail "--$name is missing; see --help"
done
part='[0-9A-HJKMNP-TV-Z]{4}'
[[ $serial =~ ^$part-$part-$part-$part$ ]] || fail "not a serial number: $serial (see: rw2fa license serial)"
# Neither may contain anything that needs escaping in JSON.
[[ $order =~ ^[A-Za-z0-9._/#-]{1,64}$ ]] || fail "not an order number: $order"
[[ $email =~ ^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$ ]] || fail "not an e-mail address: $email"
[[ $edition =~ ^(enterprise|mobile-web)$ ]] || fail "not an edition: $edition"
number='^[1-9][0-9]{0,8}$'
[[ -z $days || $days =~ $number ]] || fail "--days must be a whole number of at least 1"
[[ -z $users || $users =~ $number ]] || fail "--users must be a whole number of at least 1"

base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}

printf -v now '%(%s)T' -1
claims='{"product":"Two-Factor Authentication","serial":"'$serial'","order_number":"'$order'"'
claims+=',"email":"'$email'","edition":"'$edition'","iat":'$now
[ -z "$days" ] || claims+=',"exp":'$((now + days * 86400))
[ -z "$users" ] || claims+=',"max_users":'$users
claims+='}'

# RFC 7515, section 7.1: header, payload and signature in base64url, separated by dots. The
# signature covers the first two in exactly this form.
signed=$(printf '{"alg":"EdDSA"}' | base64url).$(printf '%s' "$claims" | base64url)
text=$(mktemp)
trap 'rm -f "$text"' EXIT
printf '%s' "$signed" >"$text"
signature=$(openssl pkeyutl -sign -rawin -inkey "$key" -in "$text" | base64url) || signature=''
# 64 bytes; another type of key makes a signature of another length.
[ "${#signature}" -eq 86 ] || fail "cannot sign with $key: it must be an Ed25519 private key"
printf '%s.%s\n' "$signed" "$signature"
