
# Names of the store, where names belong.
function __rw2fa_names
    set -l tokens (commandline -opc)
    command rw2fa complete-names words =$tokens[2..-1] =(commandline -ct | string unescape) 2>/dev/null
end
complete -c rw2fa -n '__rw2fa_names >/dev/null' -f -a '(__rw2fa_names)'
complete -c rw2fa -n '__rw2fa_names >/dev/null' -l group -x -a '(__rw2fa_names)'
complete -c rw2fa -n '__rw2fa_names >/dev/null' -l user -x -a '(__rw2fa_names)'
