#compdef rw2fa
# Completion of rw2fa in zsh. The program supplies the candidates, because names change.
_rw2fa() {
    local -a typed=("${(@Q)words[1,CURRENT-1]}") candidates directories
    local last=$PREFIX
    [[ $compstate[quote] == \' ]] || last=${(Q)PREFIX}
    # Runs the program on the path: a typed path may lead to another program, which was not started
    # yet.
    candidates=("${(@f)$(RW2FA_COMPLETE=zsh command rw2fa -- "${(@)typed}" "$last" 2>/dev/null)}")
    candidates=("${(@)candidates:#}")
    directories=("${(@M)candidates:#*/}")
    candidates=("${(@)candidates:#*/}")
    local -a same=(-M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}')
    (( $#directories )) && _describe -V path directories $same -S ''
    (( $#candidates )) && _describe -V candidate candidates $same
}
if [[ $funcstack[1] == _rw2fa ]]; then
    _rw2fa "$@"
else
    compdef _rw2fa rw2fa
fi
