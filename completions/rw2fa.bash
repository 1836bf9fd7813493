# Completion of rw2fa in bash. The program supplies the candidates, because names change; no line is
# evaluated here.
_rw2fa() {
    local candidate
    COMPREPLY=()
    # Runs the program on the path: a typed path may lead to another program, which was not started
    # yet.
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(RW2FA_COMPLETE=bash command rw2fa -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    # A directory can be continued.
    [[ ${COMPREPLY[0]-} != */ ]] || compopt -o nospace 2>/dev/null
}
complete -F _rw2fa rw2fa
