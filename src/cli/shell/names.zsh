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

