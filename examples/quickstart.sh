#!/usr/bin/env bash
# Two-factor authentication from nothing to a signed-in user, in a throwaway store.
#
#   examples/quickstart.sh                needs cargo; builds the programs first
#   examples/quickstart.sh --bin DIR      uses the rw2fa, rw2fa-verify and examples/phone in DIR
#
# It asks nothing, changes nothing outside one temporary directory, and removes that directory at
# the end. It exits with 0 only if every step succeeded.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 1
}

bin=
case "${1-}" in
  '') ;;
  --bin)
    [ "$#" -eq 2 ] || fail 'usage: quickstart.sh [--bin DIR]'
    bin=$(cd "$2" && pwd)
    examples=$bin/examples
    ;;
  *) fail 'usage: quickstart.sh [--bin DIR]' ;;
esac

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
  bold='' dim='' plain=''
fi

# say TEXT: announces a step.
say() {
  printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# show COMMAND…: prints the next command.
show() {
  printf '%s$ %s%s\n' "$dim" "$*" "$plain"
}

# expect EXIT_CODE COMMAND…: runs a command; any other exit code ends the script.
expect() {
  local wanted=$1 code=0
  shift
  "$@" || code=$?
  [ "$code" -eq "$wanted" ] || fail "'$*' ended with $code instead of $wanted"
}

# with_code CODE COMMAND…: gives a command the code on standard input, never as an argument.
with_code() {
  local code=$1
  shift
  printf '%s\n' "$code" | "$@"
}

# has TEXT FILE: checks that the answer in FILE contains TEXT.
has() {
  grep -qF -- "$1" "$2" || fail "the answer does not say $1: $(cat "$2")"
}

if [ -z "$bin" ]; then
  command -v cargo >/dev/null || fail 'cargo is missing: see https://rustup.rs'
  target=${CARGO_TARGET_DIR:-$root/target}
  target=$(mkdir -p "$target" && cd "$target" && pwd)
  say 'Building rw2fa (a few minutes the first time)'
  show 'cargo build --release'
  # Two builds: in a single one, the example's dependencies would change the features of the
  # programs' dependencies.
  (cd "$root" && cargo build --quiet --release --locked --target-dir "$target" --bins &&
    cargo build --quiet --locked --target-dir "$target" --example phone) </dev/null || fail 'the build failed'
  bin=$target/release
  examples=$target/debug/examples
fi
for program in "$bin/rw2fa" "$bin/rw2fa-verify" "$examples/phone"; do
  [ -x "$program" ] || fail "$program is missing"
done
PATH=$bin:$examples:$PATH

directory=$(mktemp -d)
trap 'rm -rf -- "$directory"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export RW2FA_STORE=$directory/store
answer=$directory/answer.json

say '1. A store for users and secrets. 2FA is off in a new one.'
show 'rw2fa init'
expect 0 rw2fa init

say '2. Alice needs a code from now on. Then 2FA is turned on.'
show 'rw2fa users add alice'
expect 0 rw2fa users add alice
show 'rw2fa enable'
expect 0 rw2fa enable

say '3. Her first login: the portal has checked her password and runs the verifier.'
show 'rw2fa-verify --no-groups --ip=192.0.2.7 --client=browser-1 --qr=none -- alice'
expect 3 rw2fa-verify --no-groups --ip=192.0.2.7 --client=browser-1 --qr=none -- alice >"$answer"
cat "$answer"
has '"outcome":"challenge","reason":"enrolment-required"' "$answer"
echo 'Exit code 3, "challenge": the portal shows the enrolment page.'

say '4. Or in person: a new secret that no login page shows. Scan it with an app if you like.'
show 'rw2fa users enrol alice'
expect 0 rw2fa users enrol alice >"$answer"
cat "$answer"

say '5. A phone computes the code. Here examples/phone.rs is the phone.'
uri=$(sed -n 's/^uri *//p' "$answer")
[ -n "$uri" ] || fail '"rw2fa users enrol" showed no otpauth URI'
show 'phone <uri'
code=$(printf '%s\n' "$uri" | phone) || fail 'the phone failed'
[[ $code =~ ^[0-9]{6}$ ]] || fail 'the phone did not show a 6-digit code'
echo "$code"

say '6. Alice types the code. The portal passes it on standard input.'
show 'rw2fa-verify --no-groups --client=browser-1 --code-stdin -- alice <code'
expect 0 with_code "$code" rw2fa-verify --no-groups --client=browser-1 --code-stdin -- alice \
  >"$answer"
cat "$answer"
has '"outcome":"grant","reason":"activated"' "$answer"
echo 'Exit code 0, "grant": she is in. The message says how often the QR code was shown, and when.'
echo 'It is never shown again.'

say '7. Someone looked over her shoulder and types the same code.'
show 'rw2fa-verify --no-groups --client=browser-2 --code-stdin -- alice <code'
expect 1 with_code "$code" rw2fa-verify --no-groups --client=browser-2 --code-stdin -- alice \
  >"$answer"
cat "$answer"
has '"outcome":"deny","reason":"code-used"' "$answer"
echo 'Exit code 1, "deny": a code is accepted once.'

say '8. Alice opens an HTML5 session. Her browser was granted one; no code is needed.'
show 'rw2fa-verify --no-groups --client=browser-1 --session=html5 -- alice'
expect 0 rw2fa-verify --no-groups --client=browser-1 --session=html5 -- alice >"$answer"
cat "$answer"
has '"outcome":"grant","reason":"session-valid"' "$answer"

say '9. She signs out. The next session needs a new code.'
show 'rw2fa-verify --no-groups --client=browser-1 --end -- alice'
expect 5 rw2fa-verify --no-groups --client=browser-1 --end -- alice >"$answer"
cat "$answer"
has '"outcome":"ended"' "$answer"
show 'rw2fa-verify --no-groups --client=browser-1 --session=html5 -- alice'
expect 3 rw2fa-verify --no-groups --client=browser-1 --session=html5 -- alice >"$answer"
cat "$answer"
has '"outcome":"challenge","reason":"code-required"' "$answer"

say '10. What the administrator sees.'
show 'rw2fa status'
expect 0 rw2fa status
show 'rw2fa users show alice'
expect 0 rw2fa users show alice

say 'All steps succeeded. The throwaway store is removed now.'
cat <<'END'

Next:
  cargo install --path .            installs rw2fa and rw2fa-verify
  rw2fa --help                      the commands
  README.md, "First setup"          a store for a real portal
  docs/portal.md                    the protocol, with examples in four languages
END
