#compdef rw2fa

autoload -U is-at-least

# Names of the store, where names belong.
_rw2fa_names() {
    local -a before=("${(@)_rw2fa_words}") names
    local last=$PREFIX text
    # An option that is joined to its value.
    [[ $IPREFIX == --*= ]] && before+=("${IPREFIX%=}")
    [[ $compstate[quote] == \' ]] || last=${(Q)PREFIX}
    text=$(command rw2fa complete-names words "=${(@)^before}" "=$last" 2>/dev/null) || return 1
    names=("${(@f)text}")
    compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -- "${(@)names:#}"
}


_rw2fa() {
    local -a _rw2fa_words=("${(@Q)words[2,CURRENT-1]}")
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa_commands" \
"*::: :->rw2fa" \
&& ret=0
    case $state in
    (rw2fa)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-command-$line[1]:"
        case $line[1] in
            (init)
_arguments "${_arguments_options[@]}" : \
'--owner=[The account that the store belongs to, and that the verifier runs as]:NAME:_rw2fa_names' \
'--service-account=[Windows\: an account that may also use the store. It can then read the secrets]:NAME:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'(--owner --store)--per-user[Make a store for this user only, used where no system store exists]' \
'(--owner --service-account)--new-trail[Begin a new audit trail in a store whose trail is gone and cannot be restored; its first line says so]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(enable)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(disable)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(users)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__users_commands" \
"*::: :->users" \
&& ret=0

    case $state in
    (users)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-users-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--type=[Only users, or only groups]:TYPE:(user group)' \
'--state=[Only users in this state]:STATE:(none pending active locked)' \
'--method=[Only entries with this method]:METHOD:((app\:"From an authenticator app"
sms\:"By SMS"))' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'*--group=[A group; may be repeated]:GROUP:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users:_rw2fa_names' \
&& ret=0
;;
(add)
_arguments "${_arguments_options[@]}" : \
'*--group=[A group; may be repeated]:GROUP:_rw2fa_names' \
'(--group --phone --notes)--from=[Users and groups of a CSV file; '\''-'\'' is standard input]:FILE:_files' \
'--method=[How codes reach them]:METHOD:((app\:"From an authenticator app"
sms\:"By SMS"))' \
'--phone=[Where SMS go, as +33612345678]:PHONE:_rw2fa_names' \
'--notes=[Anything worth remembering]:TEXT:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--must-exist[A name that the system does not know is an error, not only worth a warning]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users:_rw2fa_names' \
&& ret=0
;;
(edit)
_arguments "${_arguments_options[@]}" : \
'*--group=[A group; may be repeated]:GROUP:_rw2fa_names' \
'--method=[How codes reach them]:METHOD:((app\:"From an authenticator app"
sms\:"By SMS"))' \
'--phone=[Where SMS go, as +33612345678]:PHONE:_rw2fa_names' \
'--notes=[Anything worth remembering; an empty text forgets it]:TEXT:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users:_rw2fa_names' \
&& ret=0
;;
(enrol)
_arguments "${_arguments_options[@]}" : \
'--qr-file=[Write the QR code to this new file instead of drawing it; it ends in .png or .svg]:FILE:_files' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':name -- The user:_rw2fa_names' \
&& ret=0
;;
(reset)
_arguments "${_arguments_options[@]}" : \
'*--group=[All members of a listed group who have enrolled; may be repeated]:GROUP:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'(--group)--all[All users]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users:_rw2fa_names' \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
'*--group=[A group; may be repeated]:GROUP:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--ignore-missing[A name that is not listed is no failure]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users:_rw2fa_names' \
&& ret=0
;;
(unlock)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'()--all[All users]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users:_rw2fa_names' \
&& ret=0
;;
(revoke)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'()--all[All users]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users:_rw2fa_names' \
&& ret=0
;;
(test)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--code-stdin[Read the code from standard input]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':name -- The user:_rw2fa_names' \
&& ret=0
;;
(recovery-codes)
_arguments "${_arguments_options[@]}" : \
'--count=[How many]:NUMBER:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':name -- The user:_rw2fa_names' \
&& ret=0
;;
        esac
    ;;
esac
;;
(whitelist)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__whitelist_commands" \
"*::: :->whitelist" \
&& ret=0

    case $state in
    (whitelist)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-whitelist-command-$line[1]:"
        case $line[1] in
            (add)
_arguments "${_arguments_options[@]}" : \
'--reason=[Why, in at most 200 characters; an empty text forgets it]:TEXT:_rw2fa_names' \
'--until=[Until when\: a date (through that day in UTC), 2026-12-24T18\:00\:00+01\:00, 8h, 30d, or never]:DATE|DURATION:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The users\: NAME, DOMAIN\NAME or NAME@DNS-SUFFIX:_rw2fa_names' \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--ignore-missing[A name that is not on the whitelist is no failure]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'*::names -- The entries:_rw2fa_names' \
&& ret=0
;;
(list)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
        esac
    ;;
esac
;;
(explain)
_arguments "${_arguments_options[@]}" : \
'(--no-groups --all)*--group=[A group that the user is a member of; may be repeated]:GROUP:_rw2fa_names' \
'(--all)--client=[Id of the portal session, whose grants count]:ID:_rw2fa_names' \
'(--all)--session=[Only what this kind of session will be answered]:SESSION:((html5\:"In the browser"
remoteapp\:"A published application"
rdp\:"A plain RDP connection; only the whitelist opens it"))' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'(--all)--no-groups[The user is a member of no group]' \
'--all[Everybody the store knows\: who will be asked for a code at the next login, and why]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::name -- The login, as the portal passes it:_rw2fa_names' \
&& ret=0
;;
(advanced)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__advanced_commands" \
"*::: :->advanced" \
&& ret=0

    case $state in
    (advanced)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-advanced-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(get)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':key -- The setting:_rw2fa_names' \
&& ret=0
;;
(set)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':key -- The setting:_rw2fa_names' \
':value -- Its value:_rw2fa_names' \
&& ret=0
;;
(unset)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':key -- The setting:_rw2fa_names' \
&& ret=0
;;
        esac
    ;;
esac
;;
(sms)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__sms_commands" \
"*::: :->sms" \
&& ret=0

    case $state in
    (sms)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-sms-command-$line[1]:"
        case $line[1] in
            (configure)
_arguments "${_arguments_options[@]}" : \
'--account-sid=[The SID of the Twilio account]:AC…:_rw2fa_names' \
'--api-key=[The SID of an API key of the account; the token is then the secret of the key]:SK…:_rw2fa_names' \
'--from=[The sender\: a number, a messaging service, a short code or a name]:+E164|MG…|NAME:_rw2fa_names' \
'--api-base=[Where the API is, for an account of another region, such as https\://api.dublin.ie1.twilio.com; only https, except on this machine]:URL:_rw2fa_names' \
'--proxy=[The HTTP proxy to go through; variables such as HTTPS_PROXY are ignored]:URL:_rw2fa_names' \
'--ca-file=[Certificates (PEM) to trust besides the system'\''s, such as those of an inspecting proxy; the store'\''s owner must be able to read the file]:FILE:_rw2fa_names' \
'--command=[The program that sends, in place of Twilio; an absolute path]:PATH:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--auth-token-stdin[Read the token from standard input; it is sealed and never shown]' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(test)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':to -- The number, with '\''+'\'' and its country:_rw2fa_names' \
&& ret=0
;;
(remove)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(portal)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::page -- The page:((trial\:"A trial account"
console\:"The console\: account SID, token, numbers, balance"
verified-callers\:"The numbers that a trial account may send to"
status\:"Whether Twilio works"
support\:"Help"))' \
&& ret=0
;;
(deliver)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
        esac
    ;;
esac
;;
(license)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__license_commands" \
"*::: :->license" \
&& ret=0

    case $state in
    (license)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-license-command-$line[1]:"
        case $line[1] in
            (serial)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(portal)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(activate)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':file -- The file that the licensing portal gave:_files' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
        esac
    ;;
esac
;;
(audit)
_arguments "${_arguments_options[@]}" : \
'--user=[Only lines about this user, group or setting]:NAME:_rw2fa_names' \
'--outcome=[Only decisions with this outcome]:OUTCOME:(grant challenge deny error ended)' \
'--since=[Only lines from this time on\: 2026-11-24T08\:00\:00Z, a date, or how long ago (90m, 8h, 2d)]:TIME:_rw2fa_names' \
'--until=[Only lines up to this time, written as for --since; a date means its last second]:TIME:_rw2fa_names' \
'--archive=[Also lines of the months that were archived there]:DIR:_files -/' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__audit_commands" \
"*::: :->audit" \
&& ret=0

    case $state in
    (audit)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-audit-command-$line[1]:"
        case $line[1] in
            (verify)
_arguments "${_arguments_options[@]}" : \
'--head=[A head that was printed earlier; it must be in the trail]:HASH:_rw2fa_names' \
'--archive=[Check the months that were archived there, too]:DIR:_files -/' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--allow-unkeyed[Accept lines that were written without a key, as while it was lost]' \
'--allow-missing-attempts[Accept attempts that were charged but never recorded, after a power failure, for example]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(archive)
_arguments "${_arguments_options[@]}" : \
'--before=[The first month that stays, as 2026-09; at the latest the present month]:MONTH:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--allow-unkeyed[Move lines that were written without a key, too]' \
'--dry-run[Only show what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':directory -- Where the months go. It belongs to the store'\''s owner and is private; made if it is missing:_files -/' \
&& ret=0
;;
        esac
    ;;
esac
;;
(key)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__key_commands" \
"*::: :->key" \
&& ret=0

    case $state in
    (key)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-key-command-$line[1]:"
        case $line[1] in
            (export)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':file -- A new file, made readable for its owner only; '\''-'\'' is standard output:_files' \
&& ret=0
;;
(rotate)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(reset)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
        esac
    ;;
esac
;;
(store)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_rw2fa__subcmd__store_commands" \
"*::: :->store" \
&& ret=0

    case $state in
    (store)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:rw2fa-store-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(export)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--reveal-secrets[Write the secrets so that everybody can read them, in place of sealed ones]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':file -- A new file, made readable for its owner only; '\''-'\'' is standard output:_files' \
&& ret=0
;;
(import)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--dry-run[Only check the file and tell what would be done]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':file -- What '\''rw2fa store export'\'' wrote; '\''-'\'' is standard input:_files' \
&& ret=0
;;
        esac
    ;;
esac
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
'--ntp=[Also ask this time server how far the clock is off]:HOST[:PORT]:_rw2fa_names' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--online[Also ask the SMS gateway about credentials and balance]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
;;
(verify)
_arguments "${_arguments_options[@]}" : \
'--user=[The same as an option]:NAME:_rw2fa_names' \
'(--no-groups)*--group=[A group that the user is a member of; may be repeated]:GROUP:_rw2fa_names' \
'--session=[A session is being opened or reconnected]:SESSION:((html5\:"In the browser"
remoteapp\:"A published application"
rdp\:"A plain RDP connection; only the whitelist opens it"))' \
'--client=[Opaque id of the portal session; never the cookie itself]:ID:_rw2fa_names' \
'--ip=[Address of the user'\''s device, for the audit trail]:ADDR:_rw2fa_names' \
'--qr=[Form of the QR code in an enrolment \[default\: svg\]]:QR:((svg\:"SVG text"
png\:"A PNG picture as a data URI"
none\:"No picture; the secret and its URI are answered all the same"))' \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'--no-groups[The user is a member of no group]' \
'--code-stdin[Read one line from standard input\: the code; an empty line is none]' \
'(--resend --end)--check[Answer without writing, sending, making or showing anything]' \
'(--end)--resend[Send the SMS again]' \
'(--session)--end[Sign-out\: end the grants of this client]' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::name -- The account, as the authenticator returned it:_rw2fa_names' \
&& ret=0
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(man)
_arguments "${_arguments_options[@]}" : \
'--store=[The store, instead of RW2FA_STORE or the system'\''s]:PATH:_files' \
'--format=[Form of the output]:FORMAT:((text\:"Tables and lines for people"
json\:"One JSON document"
csv\:"Comma-separated values, for commands that list something"))' \
'--color=[Use colours]:WHEN:((auto\:"On a terminal, unless NO_COLOR is set"
always\:"Always"
never\:"Never"))' \
'-y[Answer every question with yes]' \
'--yes[Answer every question with yes]' \
'-q[Print no messages, only data and errors]' \
'--quiet[Print no messages, only data and errors]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
'::directory -- Where the pages are written; files of their names are replaced:_files' \
&& ret=0
;;
        esac
    ;;
esac
}

(( $+functions[_rw2fa_commands] )) ||
_rw2fa_commands() {
    local commands; commands=(
'init:Make a store; what exists is never overwritten' \
'status:Show whether users are protected' \
'enable:Turn two-factor authentication on' \
'disable:Turn two-factor authentication off\: a password alone lets everybody in' \
'users:Administer the users who need a code' \
'whitelist:Administer who may connect by plain RDP without a code' \
'explain:Explain what the next login will be answered, and which rule decides it' \
'advanced:Show and change the advanced settings' \
'sms:Administer the gateway through which codes are sent by SMS' \
'license:Show and activate the licence of this machine' \
'audit:Read the audit trail' \
'key:Copy, renew or replace the key that seals the secrets' \
'store:Check, export or restore the whole store' \
'doctor:Examine the store and this server\: what would bite later, and the remedy' \
'verify:Decide one login or session. The portal calls this after the password was accepted' \
'completions:Print a script that completes commands and names in a shell' \
'man:Write the manual pages into a directory, or list them' \
    )
    _describe -t commands 'rw2fa commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__advanced_commands] )) ||
_rw2fa__subcmd__advanced_commands() {
    local commands; commands=(
'list:List every setting, its value and its default' \
'get:Print the value of one setting' \
'set:Change a setting' \
'unset:Bring a setting back to its default' \
    )
    _describe -t commands 'rw2fa advanced commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__advanced__subcmd__get_commands] )) ||
_rw2fa__subcmd__advanced__subcmd__get_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa advanced get commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__advanced__subcmd__list_commands] )) ||
_rw2fa__subcmd__advanced__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa advanced list commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__advanced__subcmd__set_commands] )) ||
_rw2fa__subcmd__advanced__subcmd__set_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa advanced set commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__advanced__subcmd__unset_commands] )) ||
_rw2fa__subcmd__advanced__subcmd__unset_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa advanced unset commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__audit_commands] )) ||
_rw2fa__subcmd__audit_commands() {
    local commands; commands=(
'verify:Check the chain of the audit trail, and print its head' \
'archive:Move old months of the audit trail into a directory' \
    )
    _describe -t commands 'rw2fa audit commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__audit__subcmd__archive_commands] )) ||
_rw2fa__subcmd__audit__subcmd__archive_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa audit archive commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__audit__subcmd__verify_commands] )) ||
_rw2fa__subcmd__audit__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa audit verify commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__completions_commands] )) ||
_rw2fa__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa completions commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__disable_commands] )) ||
_rw2fa__subcmd__disable_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa disable commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__doctor_commands] )) ||
_rw2fa__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa doctor commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__enable_commands] )) ||
_rw2fa__subcmd__enable_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa enable commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__explain_commands] )) ||
_rw2fa__subcmd__explain_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa explain commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__init_commands] )) ||
_rw2fa__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa init commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__key_commands] )) ||
_rw2fa__subcmd__key_commands() {
    local commands; commands=(
'export:Copy the key, to be kept apart from copies of the store' \
'rotate:Make a new key and seal all secrets under it; logins go on' \
'reset:Replace a lost key\: every secret is dropped, and everybody enrols again' \
    )
    _describe -t commands 'rw2fa key commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__key__subcmd__export_commands] )) ||
_rw2fa__subcmd__key__subcmd__export_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa key export commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__key__subcmd__reset_commands] )) ||
_rw2fa__subcmd__key__subcmd__reset_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa key reset commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__key__subcmd__rotate_commands] )) ||
_rw2fa__subcmd__key__subcmd__rotate_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa key rotate commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__license_commands] )) ||
_rw2fa__subcmd__license_commands() {
    local commands; commands=(
'serial:Print the serial number of this machine, which a licence is issued for' \
'portal:Print where licences come from, and what is asked there' \
'activate:Check a licence and use it from now on' \
'show:Show the licence, or how long the trial lasts' \
    )
    _describe -t commands 'rw2fa license commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__license__subcmd__activate_commands] )) ||
_rw2fa__subcmd__license__subcmd__activate_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa license activate commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__license__subcmd__portal_commands] )) ||
_rw2fa__subcmd__license__subcmd__portal_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa license portal commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__license__subcmd__serial_commands] )) ||
_rw2fa__subcmd__license__subcmd__serial_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa license serial commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__license__subcmd__show_commands] )) ||
_rw2fa__subcmd__license__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa license show commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__man_commands] )) ||
_rw2fa__subcmd__man_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa man commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms_commands] )) ||
_rw2fa__subcmd__sms_commands() {
    local commands; commands=(
'configure:Name the gateway through which codes are sent' \
'show:Show the gateway; the token is masked' \
'check:Ask Twilio whether the credentials work; sends nothing' \
'test:Send a test message, which is paid for like any other' \
'remove:Forget the gateway and its token' \
'portal:Print the address of a page of Twilio' \
'deliver:Send the message on standard input by Twilio' \
    )
    _describe -t commands 'rw2fa sms commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms__subcmd__check_commands] )) ||
_rw2fa__subcmd__sms__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa sms check commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms__subcmd__configure_commands] )) ||
_rw2fa__subcmd__sms__subcmd__configure_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa sms configure commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms__subcmd__deliver_commands] )) ||
_rw2fa__subcmd__sms__subcmd__deliver_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa sms deliver commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms__subcmd__portal_commands] )) ||
_rw2fa__subcmd__sms__subcmd__portal_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa sms portal commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms__subcmd__remove_commands] )) ||
_rw2fa__subcmd__sms__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa sms remove commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms__subcmd__show_commands] )) ||
_rw2fa__subcmd__sms__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa sms show commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__sms__subcmd__test_commands] )) ||
_rw2fa__subcmd__sms__subcmd__test_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa sms test commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__status_commands] )) ||
_rw2fa__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa status commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__store_commands] )) ||
_rw2fa__subcmd__store_commands() {
    local commands; commands=(
'check:Read every document, do what a login does, and name what is wrong' \
'export:Write the whole store into one TOML file' \
'import:Put an exported store in the place of this one' \
    )
    _describe -t commands 'rw2fa store commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__store__subcmd__check_commands] )) ||
_rw2fa__subcmd__store__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa store check commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__store__subcmd__export_commands] )) ||
_rw2fa__subcmd__store__subcmd__export_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa store export commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__store__subcmd__import_commands] )) ||
_rw2fa__subcmd__store__subcmd__import_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa store import commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users_commands] )) ||
_rw2fa__subcmd__users_commands() {
    local commands; commands=(
'list:List users and groups' \
'show:Show all that is known of users and groups, except secrets' \
'add:Put users and groups on the list' \
'edit:Change method, phone or notes of users and groups; an enrolled secret is kept' \
'enrol:Make the pending secret of a user now and draw its QR code, to hand it over in person' \
'reset:Forget secrets\: the next login presents a new QR code' \
'remove:Take users and groups off the list; the secrets of users are destroyed' \
'unlock:Clear lockouts\: users may try codes again at once' \
'revoke:End grants\: the next session needs a new code; running sessions are not cut' \
'test:Tell which step a code belongs to, and how far the device'\''s clock is off' \
'recovery-codes:Make single-use codes for a user who may lose his device, and show them once' \
    )
    _describe -t commands 'rw2fa users commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__add_commands] )) ||
_rw2fa__subcmd__users__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users add commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__edit_commands] )) ||
_rw2fa__subcmd__users__subcmd__edit_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users edit commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__enrol_commands] )) ||
_rw2fa__subcmd__users__subcmd__enrol_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users enrol commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__list_commands] )) ||
_rw2fa__subcmd__users__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users list commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__recovery-codes_commands] )) ||
_rw2fa__subcmd__users__subcmd__recovery-codes_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users recovery-codes commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__remove_commands] )) ||
_rw2fa__subcmd__users__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users remove commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__reset_commands] )) ||
_rw2fa__subcmd__users__subcmd__reset_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users reset commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__revoke_commands] )) ||
_rw2fa__subcmd__users__subcmd__revoke_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users revoke commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__show_commands] )) ||
_rw2fa__subcmd__users__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users show commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__test_commands] )) ||
_rw2fa__subcmd__users__subcmd__test_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users test commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__users__subcmd__unlock_commands] )) ||
_rw2fa__subcmd__users__subcmd__unlock_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa users unlock commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__verify_commands] )) ||
_rw2fa__subcmd__verify_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa verify commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__whitelist_commands] )) ||
_rw2fa__subcmd__whitelist_commands() {
    local commands; commands=(
'add:Let users connect by plain RDP without a code' \
'remove:Take users off the whitelist' \
'list:List the whitelist; expired entries let nobody in' \
    )
    _describe -t commands 'rw2fa whitelist commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__whitelist__subcmd__add_commands] )) ||
_rw2fa__subcmd__whitelist__subcmd__add_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa whitelist add commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__whitelist__subcmd__list_commands] )) ||
_rw2fa__subcmd__whitelist__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa whitelist list commands' commands "$@"
}
(( $+functions[_rw2fa__subcmd__whitelist__subcmd__remove_commands] )) ||
_rw2fa__subcmd__whitelist__subcmd__remove_commands() {
    local commands; commands=()
    _describe -t commands 'rw2fa whitelist remove commands' commands "$@"
}

if [ "$funcstack[1]" = "_rw2fa" ]; then
    _rw2fa "$@"
else
    compdef _rw2fa rw2fa
fi
