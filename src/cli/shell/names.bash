# Commands and options, or names of the store where names belong.
_rw2fa_or_names() {
    local line=${COMP_LINE:0:COMP_POINT} names name
    COMPREPLY=()
    # The one on the path: what was typed may be somebody else's program, and was not started yet.
    if names=$(command rw2fa complete-names bash "$line" "$COMP_WORDBREAKS" 2>/dev/null); then
        # No file is meant, also where no name fits.
        compopt +o default +o bashdefault 2>/dev/null
        while IFS= read -r name; do
            [ -z "$name" ] || COMPREPLY+=("$name")
        done <<<"$names"
        return 0
    fi
    _rw2fa "$@"
}
