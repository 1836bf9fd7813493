#!/usr/bin/env bash
# Makes the licences of the tests, good and bad, with OpenSSL alone: an implementation of Ed25519 and
# base64 that shares no code with rw2fa. Ed25519 needs no randomness, so the output is reproducible.
#
#   tests/cli/license/tokens.sh >tests/cli/license/tokens.txt
#
# Each line: a name, a space, the licence. The machine of the tests has the serial number below, and its
# clock shows 2026-11-24T08:00:00Z.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

development=examples/licensing/development-private-key.pem
serial=7GRS-RBNB-DFT7-SX10
now=1795507200
year=$((365 * 86400))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# sign KEY TEXT: the signature over TEXT in base64url. Uses a file: OpenSSL 3.0 cannot sign a pipe.
sign() {
  printf '%s' "$2" >"$work/text"
  openssl pkeyutl -sign -rawin -inkey "$1" -in "$work/text" | base64url
}

# token NAME PAYLOAD [HEADER [KEY]]
token() {
  local header=${3:-'{"alg":"EdDSA"}'} key=${4:-$development} text
  text=$(printf '%s' "$header" | base64url).$(printf '%s' "$2" | base64url)
  printf '%s %s.%s\n' "$1" "$text" "$(sign "$key" "$text")"
}

# claims [NAME [VALUE]]: all claims; NAME is omitted, or set to VALUE in JSON.
claims() {
  local name comma='' value
  printf '{'
  for name in product serial order_number email edition iat exp max_users; do
    case $name in
      product) value='"Two-Factor Authentication"' ;;
      serial) value="\"$serial\"" ;;
      order_number) value='"A-1001"' ;;
      email) value='"it@example.com"' ;;
      edition) value='"enterprise"' ;;
      iat) value=$now ;;
      exp) value=$((now + year)) ;;
      max_users) value=3 ;;
    esac
    if [ "$name" = "${1-}" ]; then
      [ "$#" -gt 1 ] || continue
      value=$2
    fi
    printf '%s"%s":%s' "$comma" "$name" "$value"
    comma=,
  done
  printf '}'
}

# Accepted.
token good "$(claims)"
token good-typ "$(claims)" '{"typ":"JWT","alg":"EdDSA"}'
token good-mobile-web "$(claims edition '"mobile-web"')"
token good-without-end "$(claims exp)"
token good-without-max-users "$(claims max_users)"
token good-one-user "$(claims max_users 1)"
token good-leeway "$(claims iat $((now + 300)))"

# Refused for their claims.
for name in product serial order_number email edition iat; do
  token "without-$name" "$(claims "$name")"
done
token other-product "$(claims product '"Two-Factor Authentication Server"')"
token other-serial "$(claims serial '"0000-0000-0000-0000"')"
token other-edition "$(claims edition '"gold"')"
token not-yet "$(claims iat $((now + 301)))"
token expired "$(claims iat $((now - year)) | sed "s/\"exp\":[0-9]*/\"exp\":$now/")"
token backwards "$(claims exp $((now - 1)))"
token twice "$(claims | sed 's/}$/,"max_users":1000000}/')"
token unknown-claim "$(claims | sed "s/}$/,\"nbf\":$now}/")"
token iat-text "$(claims iat '"2026-11-24"')"
token exp-null "$(claims exp null)"
token max-users-zero "$(claims max_users 0)"
token max-users-negative "$(claims max_users -1)"
token max-users-fraction "$(claims max_users 2.5)"
token order-number-number "$(claims order_number 1001)"
token email-empty "$(claims email '""')"
token list '["Two-Factor Authentication"]'
token no-json 'licence'
token two-documents "$(claims){}"

# Refused for their header.
for field in '"crit":["exp"]' '"jwk":{"kty":"OKP","crv":"Ed25519"}' '"kid":"1"' '"x5c":[]' '"b64":false'; do
  name=${field#\"}
  token "header-${name%%\"*}" "$(claims)" "{\"alg\":\"EdDSA\",$field}"
done
token header-alg-twice "$(claims)" '{"alg":"none","alg":"EdDSA"}'
token header-typ "$(claims)" '{"alg":"EdDSA","typ":"at+jwt"}'
token header-rs256 "$(claims)" '{"alg":"RS256"}'

# Forged: without a signature, with an HMAC keyed with the public key, and with another key.
unsigned=$(printf '{"alg":"none"}' | base64url).$(claims max_users 1000000 | base64url)
printf 'alg-none %s.\n' "$unsigned"
printf 'alg-none-signed %s.%s\n' "$unsigned" "$(sign "$development" "$unsigned")"
unsigned=$(printf '{"alg":"HS256"}' | base64url).$(claims max_users 1000000 | base64url)
public=$(openssl pkey -in "$development" -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')
printf '%s' "$unsigned" >"$work/text"
printf 'alg-hs256 %s.%s\n' "$unsigned" \
  "$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$public" -binary "$work/text" | base64url)"
cat >"$work/other.pem" <<'PEM'
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
PEM
token other-key "$(claims)" '{"alg":"EdDSA"}' "$work/other.pem"
# The signature of one licence under the claims of another.
good=$(token good "$(claims)")
printf 'other-claims %s.%s.%s\n' "$(printf '{"alg":"EdDSA"}' | base64url)" \
  "$(claims max_users 1000000 | base64url)" "${good##*.}"
