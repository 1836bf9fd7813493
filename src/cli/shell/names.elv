    # Names of the store, where names belong; else commands and options.
    var names = []
    try {
        set names = [(e:rw2fa complete-names words '='(all $words[1..]) 2>/dev/null | from-lines)]
    } catch {
        nop
    }
    if (not-eq $names []) {
        all $names
    } elif (has-key $completions $command) {
        $completions[$command]
    }
