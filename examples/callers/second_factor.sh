#!/usr/bin/env bash
# Asks rw2fa-verify for the second factor of a login. Source this file and call second_factor, or try it:
#
#   echo 123456 | bash second_factor.sh USER [--session html5|remoteapp|rdp] [--program PATH] [--limit SECONDS]
#
# Needs bash 4.1 or newer and jq. The rules for callers are in docs/portal.md.

second_factor_program=rw2fa-verify # An absolute path is safer: it does not depend on PATH.
second_factor_limit=25             # The verifier ends by itself within 20 s.

# second_factor USER CODE OPTION…: succeeds if, and only if, the user may enter.
#
# An empty CODE means that the code page was not shown yet: never pass its empty field. The options are those
# of the protocol: one '--group=NAME' for each group, or '--no-groups'; '--client=ID'; '--session=KIND'.
#
# Sets the array 'answer': granted (yes or no), outcome, reason and message as in the protocol, json (the
# whole answer, or nothing) and errors (the beginning of standard error, for your log). A reason that is
# not in the protocol says why there is no answer: not-started, time-limit, killed, wrong-call, bad-answer.
second_factor() {
  local LC_ALL=C user=$1 code=$2 program pipe text errors='' exit_code json fields
  shift 2
  declare -gA answer=([granted]=no [outcome]=error [reason]=not-started [json]='' [errors]=''
    [message]='The sign-in is not available now. Tell your administrator.')
  # The verifier reads one line of at most 256 bytes.
  if [[ ${#code} -gt 255 || $code == *[$'\r\n']* ]]; then code='not a code'; fi
  if [ -n "$code" ]; then set -- --code-stdin "$@"; fi
  type -P jq >/dev/null || return 1
  program=$(type -P "$second_factor_program") || return 1

  exec {pipe}< <(_second_factor_run "$program" "$code" "$@" -- "$user")
  if ! IFS= read -r -d '' -t "$second_factor_limit" -u "$pipe" text; then
    # A set-uid verifier belongs to another account and cannot be killed: it is left to end by itself.
    exec {pipe}<&-
    answer[reason]=time-limit
    return 1
  fi
  IFS= read -r -d '' -t 1 -u "$pipe" errors || true
  exec {pipe}<&-

  exit_code=${text##*$'\n'}
  json=${text%$'\n'*}
  answer[errors]=$errors
  case $exit_code in
    2) answer[reason]=wrong-call ;;
    126 | 127) answer[reason]=not-started ;;
    129 | 1[3-9]? | 2??) answer[reason]=killed ;;
    *) answer[reason]=bad-answer ;;
  esac
  # SECURITY: one document, of the known schema, whose outcome fits the exit code.
  # shellcheck disable=SC2016
  fields=$(printf '%s' "$json" | jq -r -s --arg exit_code "$exit_code" '
    {"grant": "0", "deny": "1", "challenge": "3", "error": "4", "ended": "5"} as $exit_codes
    | if length == 1 and (.[0] | type == "object" and .schema == 1
        and ([.outcome, .reason, .message] | all(type == "string"))
        and $exit_codes[.outcome] == $exit_code)
      then .[0] | .outcome, .reason, .message | gsub("[\r\n]"; " ")
      else error("not an answer") end' 2>/dev/null) || return 1
  answer[json]=$json
  {
    IFS= read -r 'answer[outcome]'
    IFS= read -r 'answer[reason]'
    IFS= read -r 'answer[message]'
  } <<<"$fields"
  if [ "${answer[outcome]}" != grant ] || [ "$exit_code" != 0 ]; then return 1; fi
  answer[granted]=yes
}

# _second_factor_run PROGRAM CODE ARGUMENT…: runs the verifier. Prints its output, a line with its exit code,
# and a zero byte; then the beginning of its standard error, and a zero byte.
_second_factor_run() {
  local program=$1 code=$2 output beginning
  shift 2
  # Nothing here keeps a stream of the portal open, however long the verifier takes.
  exec 2>/dev/null 4>&1
  {
    output=$(
      if [ -n "$code" ]; then printf '%s\n' "$code"; fi |
        "$program" "$@" 2>&3 3>&- 4>&- | head -c 1000000 | tr '\000' '?'
      printf '\n%s' "${PIPESTATUS[1]}"
    )
    printf '%s\0' "$output" >&4
  } 3>&1 | {
    beginning=$(head -c 4096 | tr '\000' '?' && cat >/dev/null)
    printf '%s\0' "$beginning"
  }
}

# Tries the function from a terminal.
_second_factor_main() {
  local user=${1-} code='' options=(--no-groups)
  [ $# -gt 0 ] && shift
  while [ $# -ge 2 ]; do
    case $1 in
      --session) options+=("--session=$2") ;;
      --program) second_factor_program=$2 ;;
      --limit) second_factor_limit=$2 ;;
      *) break ;;
    esac
    shift 2
  done
  if [ -z "$user" ] || [ $# -gt 0 ]; then
    echo 'usage: second_factor.sh USER [--session KIND] [--program PATH] [--limit SECONDS]' >&2
    return 1
  fi
  IFS= read -r code || true
  local exit_code=0
  second_factor "$user" "$code" "${options[@]}" || exit_code=1
  printf '%s\n' "${answer[reason]}"
  if [ -n "${answer[errors]}" ]; then printf '%s\n' "${answer[errors]}" >&2; fi
  return "$exit_code"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then _second_factor_main "$@"; fi
