# Completion of rw2fa in bash. The program answers: names change, and no line is evaluated here.
_rw2fa() {
    local candidate
    COMPREPLY=()
    # The program on the path: a path that was typed may be another program, and was not started yet.
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(RW2FA_COMPLETE=bash command rw2fa -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    # A directory goes on.
    [[ ${COMPREPLY[0]-} != */ ]] || compopt -o nospace 2>/dev/null
}
complete -F _rw2fa rw2fa
