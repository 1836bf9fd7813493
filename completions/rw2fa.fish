# Completion of rw2fa in fish. The program supplies the candidates, because names change.
function __rw2fa_complete
    set -l typed (commandline -opc)
    set -l last (commandline -ct | string unescape)
    RW2FA_COMPLETE=fish command rw2fa -- $typed "$last" 2>/dev/null
end
complete -c rw2fa -f -k -a '(__rw2fa_complete)'
