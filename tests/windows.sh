#!/usr/bin/env bash
# Builds rw2fa for Windows and runs the programs and the test suite under Wine.
#
#   tests/windows.sh            every suite that is not for other systems, except the slow ones
#   tests/windows.sh faults     these suites only: names of test targets, "lib", or "console"
#   tests/windows.sh --no-run   builds and lints what the first form runs, and runs nothing
#
# The code for Windows is linted, too. Needs Debian 12, cargo and python3. Two Debian packages are
# installed if they are missing and this account may install them. A Rust compiler for Windows is
# unpacked under target/windows, built once, and reused. Standard input is not read. windows/README.md
# lists what Wine cannot show.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

triple=x86_64-pc-windows-gnu
place=${CARGO_TARGET_DIR:-$PWD/target}/windows
wine=/usr/lib/wine/wine64
wineserver=/usr/lib/wine/wineserver64
# tests/run may install packages at the same time.
apt_lock=${place%/windows}/apt.lock
started=$SECONDS

# Property tests are slow under Wine and hardly use the system. The documents are the same on all
# systems.
left_out=(properties docs)

fail() {
  printf 'tests/windows.sh: %s\n' "$*" >&2
  exit 1
}

say() {
  printf '=== %4d s: %s\n' $((SECONDS - started)) "$*"
}

# as_root COMMAND…: runs a command as root, or prints what must be run by hand.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    fail "run as root: $*"
  fi
}

install_packages() {
  local packages=()
  command -v x86_64-w64-mingw32-gcc >/dev/null || packages+=(gcc-mingw-w64-x86-64-win32)
  [ -x "$wine" ] || packages+=(wine64)
  [ "${#packages[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "missing: ${packages[*]}. There is no apt-get here"
  say "installing ${packages[*]}"
  as_root flock "$apt_lock" apt-get update -qq >/dev/null
  as_root flock "$apt_lock" env DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq \
    --no-install-recommends "${packages[@]}" >/dev/null
}

# Prints the dependency of a package whose name matches a pattern.
dependency() {
  apt-cache depends "$1" | awk '$1 == "Depends:" { print $2 }' | grep -E "$2" | sort -V | tail -n 1
}

# Debian's compiler for the web supports every platform. Its library for Windows is built from
# source.
make_compiler() {
  local root=$place/root std llvm library
  if [ -e "$place/compiler-is-ready" ] && [ -x "$place/clippy-driver" ]; then
    return 0
  fi
  say 'making a compiler for Windows'
  rm -rf "$place"
  mkdir -p "$place/packages" "$place/library/src"
  as_root flock "$apt_lock" apt-get update -qq >/dev/null
  std=$(dependency libstd-rust-web-dev '^libstd-rust-web-[0-9]')
  llvm=$(dependency "$std" '^libllvm[0-9]')
  (cd "$place/packages" &&
    flock "$apt_lock" apt-get download -qq -o APT::Sandbox::User=root \
      rustc-web libstd-rust-web-dev rust-web-src rust-web-clippy "$std" "$llvm") ||
    fail 'the packages of the compiler could not be downloaded'
  local package
  for package in "$place"/packages/*.deb; do
    dpkg -x "$package" "$root"
  done
  rm -r "$place/packages"
  # bash passes on variables such as CARGO_BIN_EXE_rw2fa-verify; sh would drop them.
  local program
  for program in rustc clippy-driver; do
    cat >"$place/$program" <<EOF
#!/bin/bash
LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu exec $root/usr/bin/$program "\$@"
EOF
    chmod +x "$place/$program"
  done
  # The release programs are optimised as a whole, so the library must contain bitcode. The part for
  # panic=abort must itself be built with panic=abort.
  cat >"$place/rustc-for-library" <<EOF
#!/bin/bash
case " \$* " in *' --crate-name panic_abort '*) set -- "\$@" -C panic=abort ;; esac
case " \$* " in *' --target '*) set -- "\$@" -C embed-bitcode=yes ;; esac
exec "\$@"
EOF
  chmod +x "$place/rustc-for-library"
  printf '[package]\nname = "library"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' \
    >"$place/library/Cargo.toml"
  echo '#![no_std]' >"$place/library/src/lib.rs"
  (cd "$place/library" && env RUSTC="$place/rustc" RUSTC_WRAPPER="$place/rustc-for-library" \
    RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$place/library/target" \
    cargo build --quiet --release --target "$triple" \
    -Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro)
  library=$root/usr/lib/rustlib/$triple/lib
  mkdir -p "$library"
  cp "$place/library/target/$triple"/release/deps/*.rlib "$library/"
  rm -rf "$library"/liblibrary-* "$place/library"
  touch "$place/compiler-is-ready"
}

# Wine 8 lacks a function that Windows has. The library that adds it is for Wine only.
make_wine() {
  if [ -e "$place/wine-is-ready" ]; then
    return 0
  fi
  say 'preparing Wine'
  rm -rf "$place/prefix"
  cat >"$place/random.c" <<'EOF'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
    while (length) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!SystemFunction036(bytes, part)) return FALSE;
        bytes += part;
        length -= part;
    }
    return TRUE;
}
EOF
  x86_64-w64-mingw32-gcc -O2 -shared -o "$place/bcryptprimitives.dll" "$place/random.c" -ladvapi32
  cat >"$place/wine" <<EOF
#!/bin/bash
unset DISPLAY LD_LIBRARY_PATH
export WINEPREFIX=$place/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=;authz=n'
exec $wine "\$@"
EOF
  chmod +x "$place/wine"
  "$place/wine" wineboot --init >/dev/null 2>&1
  WINEPREFIX=$place/prefix "$wineserver" -w || true
  cp "$place/bcryptprimitives.dll" "$place/prefix/drive_c/windows/system32/"
  touch "$place/wine-is-ready"
}

# Programs that tests need besides ours: an SMS command, and stand-ins for programs of Windows.
make_stand_ins() {
  local system=$place/prefix/drive_c/windows/system32
  make_stand_in tests/sms/command.rs "$place/sms-command.exe"
  make_stand_in tests/windows/w32tm.rs "$system/w32tm.exe"
  rm -f "$system/w32tm.txt"
  x86_64-w64-mingw32-gcc -O2 -shared -o "$system/authz.dll" tests/windows/authz.c
  export RW2FA_TEST_SMS_COMMAND=$place/sms-command.exe
  export RW2FA_TEST_DOMAIN=yes
  export RW2FA_TEST_TIME_SERVICE='C:\Windows\System32\w32tm.txt'
}

make_stand_in() {
  "$place/rustc" --edition 2024 --target "$triple" -o "$2" "$1"
}

# A directory of another account, which only root can create.
make_foreign_store() {
  export RW2FA_TEST_FOREIGN=
  rm -rf "$place/foreign"
  [ "$(id -u)" -eq 0 ] || return 0
  mkdir "$place/foreign"
  chown nobody "$place/foreign"
  export RW2FA_TEST_FOREIGN=$place/foreign
}

# on_console QUESTION TYPED ARGUMENT…: runs rw2fa.exe on a terminal, types TYPED once it shows QUESTION, and
# prints what the terminal shows. With an empty QUESTION nothing is typed.
on_console() {
  local question=$1 typed=$2 keyboard screen=$place/screen tries=0 code=0
  shift 2
  rm -f "$place/keyboard"
  : >"$screen"
  mkfifo "$place/keyboard"
  # Opened for reading and writing: opening does not block, and rw2fa.exe never reads an end of file.
  exec {keyboard}<>"$place/keyboard"
  TERM=xterm script --quiet --flush --return --command "$place/wine $debug/rw2fa.exe --store C:/console $*" \
    /dev/null <&"$keyboard" >"$screen" 2>&1 &
  if [ -n "$question" ]; then
    until grep -qF -- "$question" "$screen" || [ "$tries" -ge 120 ]; do
      sleep 0.5
      tries=$((tries + 1))
    done
    # It starts to read a moment after the question.
    sleep 1
    printf '%s' "$typed" >&"$keyboard"
  fi
  wait $! || code=$?
  exec {keyboard}>&-
  cat "$screen"
  return "$code"
}

# What is shipped: the zip file contains programs that run, and its checksums are right.
test_package() {
  local package release=$1
  rm -rf "$place/unpacked"
  mkdir "$place/unpacked"
  package=$(CARGO_TARGET_DIR=${place%/windows} bash .ci/package-windows --development "$release") || return
  python3 -m zipfile -e "$package" "$place/unpacked" || return
  (
    cd "$place"/unpacked/* || return
    sha256sum --check --quiet SHA256SUMS || return
    "$place/wine" rw2fa.exe --version && "$place/wine" rw2fa.exe --store 'C:\packaged' init || return
    "$place/wine" rw2fa-verify.exe --store 'C:\packaged' -- alice | grep -q '"reason":"disabled"'
  )
}

# What needs a terminal: colours, questions, and hidden input.
test_console() {
  local shown code answer
  rm -rf "$place/prefix/drive_c/console"
  on_console '' '' init >/dev/null || { echo 'init failed on a console'; return 1; }
  on_console '' '' users add alice >/dev/null || { echo 'users add failed on a console'; return 1; }
  shown=$(on_console '' '' status)
  grep -q $'\e\\[[0-9;]*m' <<<"$shown" || { echo "no colours: $shown"; return 1; }
  shown=$(NO_COLOR=1 on_console '' '' status)
  ! grep -q $'\e\\[38' <<<"$shown" || { echo "colours despite NO_COLOR: $shown"; return 1; }
  # An invented account and token: what is typed for the token is not shown.
  shown=$(on_console 'Token, not shown' 'token-of-a-test'$'\r' sms configure --account-sid "AC$(printf '%032d' 7)" --from +33700000001) ||
    { echo "sms configure failed on a console: $shown"; return 1; }
  grep -q 'sealed in the store' <<<"$shown" || { echo "the token was not accepted: $shown"; return 1; }
  ! grep -q 'token-of' <<<"$shown" || { echo "the token was shown: $shown"; return 1; }
  for answer in n y; do
    code=0
    shown=$(on_console 'Continue?' "$answer"$'\r' users remove alice) || code=$?
    grep -q 'Continue?' <<<"$shown" || { echo "no question: $shown"; return 1; }
    [ "$answer$code" = n1 ] || [ "$answer$code" = y0 ] ||
      { echo "answer $answer ended in $code: $shown"; return 1; }
  done
}

command -v python3 >/dev/null || fail 'python3 is missing: apt-get install python3'
command -v cargo >/dev/null || fail 'cargo is missing: see https://rustup.rs'
mkdir -p "${apt_lock%/*}"
# Under Wine, the permissions of new files follow the umask of this process, not their directory.
umask 077
install_packages
make_compiler
make_wine
"$place/rustc" --version
"$place/wine" --version

export CARGO_TARGET_DIR=$place/build
debug=$CARGO_TARGET_DIR/$triple/debug
release=$CARGO_TARGET_DIR/$triple/release
export RUSTC=$place/rustc
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$place/wine
export CARGO_PROFILE_DEV_DEBUG=none
unset RW2FA_VENDOR_KEY RW2FA_LICENSE_PORTAL
export RW2FA_TEST_FULL=1 CARGO_TERM_COLOR=never
# Without a console, only this variable says that colours are supported.
export TERM=xterm

# Builds the release programs, if they are tested, and lints and builds the tests.
build() {
  local program
  if [ "$with_release" = yes ]; then
    say 'release programs'
    cargo build --locked --quiet --release --bins --target "$triple"
    for program in rw2fa rw2fa-verify; do
      printf '%s: %d bytes\n' "$release/$program.exe" "$(wc -c <"$release/$program.exe")"
    done
  fi
  # The linter compiles what it reads, so nothing is compiled twice. With this linker it mistakes
  # the substitute for thread-local values for a slow one.
  say 'building and linting the tests'
  export RUSTC_WORKSPACE_WRAPPER=$place/clippy-driver
  export CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__-Aclippy::missing-const-for-thread-local__CLIPPY_HACKERY__
  cargo build --locked --quiet --bins --target "$triple"
  cargo test --locked --quiet --no-run --target "$triple" "${suites[@]}"
}

suites=()
with_console=no
with_release=no
no_run=no
if [ "${1-}" = --no-run ]; then
  no_run=yes
  shift
fi
if [ "$#" -gt 0 ]; then
  for suite in "$@"; do
    case $suite in
      lib) suites+=(--lib) ;;
      console) with_console=yes ;;
      *) suites+=(--test "$suite") ;;
    esac
  done
else
  suites=(--lib)
  with_console=yes
  with_release=yes
  for file in tests/*/main.rs; do
    # Suites for other systems only would be built for nothing.
    ! grep -qE '^#!\[cfg\((unix|target_os = "linux")\)\]' "$file" || continue
    suite=$(basename "${file%/main.rs}")
    case " ${left_out[*]} " in *" $suite "*) ;; *) suites+=(--test "$suite") ;; esac
  done
fi

build
[ "$no_run" = no ] || exit 0

# One server for all programs, started here so that it inherits the umask; it ends with this script.
# So do the services that the first program starts: they keep its output open.
export WINEPREFIX=$place/prefix WINEDEBUG=-all
"$wineserver" -k || true
"$wineserver" -p
trap '"$wineserver" -k || true' EXIT
"$place/wine" cmd /c exit >/dev/null 2>&1

make_stand_ins
make_foreign_store
if [ "$with_release" = yes ]; then
  rm -rf "$place/prefix/drive_c/packaged"
  test_package "$release" || fail 'the zip file is broken'
fi
# Left behind by an interrupted test.
rm -rf "$place/prefix/drive_c/ProgramData/rw2fa"
say 'running the tests'
log=$place/tests.log
result=ok
set +e
cargo test --locked --no-fail-fast --target "$triple" "${suites[@]}" 2>&1 | tee "$log" |
  grep -E '^test .*FAILED|^test result|panicked at|Running'
[ "${PIPESTATUS[0]}" -eq 0 ] || result=FAILED
set -e

ran=$(awk '/^test result/ { ran += $4 } END { print ran + 0 }' "$log")
failed=$(awk '/^test result/ { failed += $6 } END { print failed + 0 }' "$log")
say "$result: $ran tests ran as Windows programs, $failed failed (full log: $log)"
[ "$ran" -gt 0 ] || fail 'not one test ran'
if [ "$with_console" = yes ]; then
  test_console || fail 'the test on a terminal failed'
  say 'ok: colours, questions and a hidden token on a terminal'
fi
if [ "$result" != ok ] || [ "$failed" -gt 0 ]; then
  fail 'some tests failed'
fi
