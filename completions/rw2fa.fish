# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_rw2fa_global_optspecs
    string join \n store= format= y/yes q/quiet color= h/help V/version
end

function __fish_rw2fa_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_rw2fa_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_rw2fa_using_subcommand
    set -l cmd (__fish_rw2fa_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c rw2fa -n "__fish_rw2fa_needs_command" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_needs_command" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_needs_command" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_needs_command" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "init" -d 'Make a store; what exists is never overwritten'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "status" -d 'Show whether users are protected'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "enable" -d 'Turn two-factor authentication on'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "disable" -d 'Turn two-factor authentication off: a password alone lets everybody in'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "users" -d 'Administer the users who need a code'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "whitelist" -d 'Administer who may connect by plain RDP without a code'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "explain" -d 'Explain what the next login will be answered, and which rule decides it'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "advanced" -d 'Show and change the advanced settings'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "sms" -d 'Administer the gateway through which codes are sent by SMS'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "license" -d 'Show and activate the licence of this machine'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "audit" -d 'Read the audit trail'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "key" -d 'Copy, renew or replace the key that seals the secrets'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "store" -d 'Check, export or restore the whole store'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "doctor" -d 'Examine the store and this server: what would bite later, and the remedy'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "verify" -d 'Decide one login or session. The portal calls this after the password was accepted'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "completions" -d 'Print a script that completes commands and names in a shell'
complete -c rw2fa -n "__fish_rw2fa_needs_command" -f -a "man" -d 'Write the manual pages into a directory, or list them'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l owner -d 'The account that the store belongs to, and that the verifier runs as' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l service-account -d 'Windows: an account that may also use the store. It can then read the secrets' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l per-user -d 'Make a store for this user only, used where no system store exists'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l new-trail -d 'Begin a new audit trail in a store whose trail is gone and cannot be restored; its first line says so'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand init" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand status" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand status" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand status" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand status" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand status" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand status" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand enable" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand disable" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "list" -d 'List users and groups'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "show" -d 'Show all that is known of users and groups, except secrets'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "add" -d 'Put users and groups on the list'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "edit" -d 'Change method, phone or notes of users and groups; an enrolled secret is kept'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "enrol" -d 'Make the pending secret of a user now and draw its QR code, to hand it over in person'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "reset" -d 'Forget secrets: the next login presents a new QR code'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "remove" -d 'Take users and groups off the list; the secrets of users are destroyed'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "unlock" -d 'Clear lockouts: users may try codes again at once'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "revoke" -d 'End grants: the next session needs a new code; running sessions are not cut'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "test" -d 'Tell which step a code belongs to, and how far the device\'s clock is off'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and not __fish_seen_subcommand_from list show add edit enrol reset remove unlock revoke test recovery-codes" -f -a "recovery-codes" -d 'Make single-use codes for a user who may lose his device, and show them once'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -l type -d 'Only users, or only groups' -r -f -a "user\t''
group\t''"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -l state -d 'Only users in this state' -r -f -a "none\t''
pending\t''
active\t''
locked\t''"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -l method -d 'Only entries with this method' -r -f -a "app\t'From an authenticator app'
sms\t'By SMS'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -l group -d 'A group; may be repeated' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l group -d 'A group; may be repeated' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l from -d 'Users and groups of a CSV file; \'-\' is standard input' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l method -d 'How codes reach them' -r -f -a "app\t'From an authenticator app'
sms\t'By SMS'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l phone -d 'Where SMS go, as +33612345678' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l notes -d 'Anything worth remembering' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l must-exist -d 'A name that the system does not know is an error, not only worth a warning'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l group -d 'A group; may be repeated' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l method -d 'How codes reach them' -r -f -a "app\t'From an authenticator app'
sms\t'By SMS'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l phone -d 'Where SMS go, as +33612345678' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l notes -d 'Anything worth remembering; an empty text forgets it' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -l qr-file -d 'Write the QR code to this new file instead of drawing it; it ends in .png or .svg' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from enrol" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -l group -d 'All members of a listed group who have enrolled; may be repeated' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -l all -d 'All users'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -l group -d 'A group; may be repeated' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -l ignore-missing -d 'A name that is not listed is no failure'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -l all -d 'All users'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from unlock" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -l all -d 'All users'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from revoke" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -l code-stdin -d 'Read the code from standard input'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -l count -d 'How many' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand users; and __fish_seen_subcommand_from recovery-codes" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -f -a "add" -d 'Let users connect by plain RDP without a code'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -f -a "remove" -d 'Take users off the whitelist'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and not __fish_seen_subcommand_from add remove list" -f -a "list" -d 'List the whitelist; expired entries let nobody in'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -l reason -d 'Why, in at most 200 characters; an empty text forgets it' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -l until -d 'Until when: a date (through that day in UTC), 2026-12-24T18:00:00+01:00, 8h, 30d, or never' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -l ignore-missing -d 'A name that is not on the whitelist is no failure'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from list" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from list" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from list" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand whitelist; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l group -d 'A group that the user is a member of; may be repeated' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l client -d 'Id of the portal session, whose grants count' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l session -d 'Only what this kind of session will be answered' -r -f -a "html5\t'In the browser'
remoteapp\t'A published application'
rdp\t'A plain RDP connection; only the whitelist opens it'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l no-groups -d 'The user is a member of no group'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -l all -d 'Everybody the store knows: who will be asked for a code at the next login, and why'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand explain" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -f -a "list" -d 'List every setting, its value and its default'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -f -a "get" -d 'Print the value of one setting'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -f -a "set" -d 'Change a setting'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and not __fish_seen_subcommand_from list get set unset" -f -a "unset" -d 'Bring a setting back to its default'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from list" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from list" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from list" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from get" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from get" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from get" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from get" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from get" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand advanced; and __fish_seen_subcommand_from unset" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -f -a "configure" -d 'Name the gateway through which codes are sent'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -f -a "show" -d 'Show the gateway; the token is masked'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -f -a "check" -d 'Ask Twilio whether the credentials work; sends nothing'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -f -a "test" -d 'Send a test message, which is paid for like any other'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -f -a "remove" -d 'Forget the gateway and its token'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -f -a "portal" -d 'Print the address of a page of Twilio'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and not __fish_seen_subcommand_from configure show check test remove portal deliver" -f -a "deliver" -d 'Send the message on standard input by Twilio'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l account-sid -d 'The SID of the Twilio account' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l api-key -d 'The SID of an API key of the account; the token is then the secret of the key' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l from -d 'The sender: a number, a messaging service, a short code or a name' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l api-base -d 'Where the API is, for an account of another region, such as https://api.dublin.ie1.twilio.com; only https, except on this machine' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l proxy -d 'The HTTP proxy to go through; variables such as HTTPS_PROXY are ignored' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l ca-file -d 'Certificates (PEM) to trust besides the system\'s, such as those of an inspecting proxy; the store\'s owner must be able to read the file' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l command -d 'The program that sends, in place of Twilio; an absolute path' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l auth-token-stdin -d 'Read the token from standard input; it is sealed and never shown'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from configure" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from show" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from show" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from show" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from check" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from check" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from check" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from test" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from test" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from test" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from portal" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from portal" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from portal" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from portal" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from portal" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from portal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from portal" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from deliver" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from deliver" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from deliver" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from deliver" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from deliver" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from deliver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand sms; and __fish_seen_subcommand_from deliver" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -f -a "serial" -d 'Print the serial number of this machine, which a licence is issued for'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -f -a "portal" -d 'Print where licences come from, and what is asked there'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -f -a "activate" -d 'Check a licence and use it from now on'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and not __fish_seen_subcommand_from serial portal activate show" -f -a "show" -d 'Show the licence, or how long the trial lasts'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from serial" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from serial" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from serial" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from serial" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from serial" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from serial" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from serial" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from portal" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from portal" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from portal" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from portal" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from portal" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from portal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from portal" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from activate" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from show" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from show" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from show" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand license; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l user -d 'Only lines about this user, group or setting' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l outcome -d 'Only decisions with this outcome' -r -f -a "grant\t''
challenge\t''
deny\t''
error\t''
ended\t''"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l since -d 'Only lines from this time on: 2026-11-24T08:00:00Z, a date, or how long ago (90m, 8h, 2d)' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l until -d 'Only lines up to this time, written as for --since; a date means its last second' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l archive -d 'Also lines of the months that were archived there' -r -f -a "(__fish_complete_directories)"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -f -a "verify" -d 'Check the chain of the audit trail, and print its head'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and not __fish_seen_subcommand_from verify archive" -f -a "archive" -d 'Move old months of the audit trail into a directory'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -l head -d 'A head that was printed earlier; it must be in the trail' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -l archive -d 'Check the months that were archived there, too' -r -f -a "(__fish_complete_directories)"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -l allow-unkeyed -d 'Accept lines that were written without a key, as while it was lost'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -l allow-missing-attempts -d 'Accept attempts that were charged but never recorded, after a power failure, for example'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -l before -d 'The first month that stays, as 2026-09; at the latest the present month' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -l allow-unkeyed -d 'Move lines that were written without a key, too'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -l dry-run -d 'Only show what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand audit; and __fish_seen_subcommand_from archive" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -f -a "export" -d 'Copy the key, to be kept apart from copies of the store'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -f -a "rotate" -d 'Make a new key and seal all secrets under it; logins go on'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and not __fish_seen_subcommand_from export rotate reset" -f -a "reset" -d 'Replace a lost key: every secret is dropped, and everybody enrols again'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from export" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from export" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from export" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from export" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from rotate" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -l dry-run -d 'Only tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand key; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -f -a "check" -d 'Read every document, do what a login does, and name what is wrong'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -f -a "export" -d 'Write the whole store into one TOML file'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and not __fish_seen_subcommand_from check export import" -f -a "import" -d 'Put an exported store in the place of this one'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from check" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from check" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from check" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from check" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -l reveal-secrets -d 'Write the secrets so that everybody can read them, in place of sealed ones'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -l dry-run -d 'Only check the file and tell what would be done'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand store; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -l ntp -d 'Also ask this time server how far the clock is off' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -l online -d 'Also ask the SMS gateway about credentials and balance'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l user -d 'The same as an option' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l group -d 'A group that the user is a member of; may be repeated' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l session -d 'A session is being opened or reconnected' -r -f -a "html5\t'In the browser'
remoteapp\t'A published application'
rdp\t'A plain RDP connection; only the whitelist opens it'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l client -d 'Opaque id of the portal session; never the cookie itself' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l ip -d 'Address of the user\'s device, for the audit trail' -r
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l qr -d 'Form of the QR code in an enrolment [default: svg]' -r -f -a "svg\t'SVG text'
png\t'A PNG picture as a data URI'
none\t'No picture; the secret and its URI are answered all the same'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l no-groups -d 'The user is a member of no group'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l code-stdin -d 'Read one line from standard input: the code; an empty line is none'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l check -d 'Answer without writing, sending, making or showing anything'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l resend -d 'Send the SMS again'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -l end -d 'Sign-out: end the grants of this client'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand verify" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand completions" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand completions" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand completions" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand completions" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand completions" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand completions" -s V -l version -d 'Print version'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand man" -l store -d 'The store, instead of RW2FA_STORE or the system\'s' -r -F
complete -c rw2fa -n "__fish_rw2fa_using_subcommand man" -l format -d 'Form of the output' -r -f -a "text\t'Tables and lines for people'
json\t'One JSON document'
csv\t'Comma-separated values, for commands that list something'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand man" -l color -d 'Use colours' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c rw2fa -n "__fish_rw2fa_using_subcommand man" -s y -l yes -d 'Answer every question with yes'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand man" -s q -l quiet -d 'Print no messages, only data and errors'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c rw2fa -n "__fish_rw2fa_using_subcommand man" -s V -l version -d 'Print version'

# Names of the store, where names belong.
function __rw2fa_names
    set -l tokens (commandline -opc)
    command rw2fa complete-names words =$tokens[2..-1] =(commandline -ct | string unescape) 2>/dev/null
end
complete -c rw2fa -n '__rw2fa_names >/dev/null' -f -a '(__rw2fa_names)'
complete -c rw2fa -n '__rw2fa_names >/dev/null' -l group -x -a '(__rw2fa_names)'
complete -c rw2fa -n '__rw2fa_names >/dev/null' -l user -x -a '(__rw2fa_names)'
