# Completion of rw2fa in elvish. The program supplies the candidates, because names change.
set edit:completion:arg-completer[rw2fa] = {|@words|
    tmp E:RW2FA_COMPLETE = elvish
    try {
        e:rw2fa -- $@words 2>/dev/null | from-lines
    } catch {
        nop
    }
}
