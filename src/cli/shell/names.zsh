# Names of the store, where names belong.
_rw2fa_names() {
    local -a names
    local text
    text=$(command rw2fa complete-names words "=${(@)^_rw2fa_words}" 2>/dev/null) || return 1
    names=("${(@f)text}")
    compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -- "${(@)names:#}"
}
