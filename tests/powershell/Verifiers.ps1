# Verifiers that give no valid answer: what each one does, its text for sh, and the reason that a caller gives.

$grant = '{"schema":1,"user":"alice","outcome":"grant","reason":"code-accepted","message":"Hi","language":"en"}'
$deny = $grant.Replace('"grant"', '"deny"')
# Each text is the body of a verifier, a script for sh.
@(
    @{ Case = 'ends early without an answer'; Text = 'exit 0'; Reason = 'bad-answer' }
    @{ Case = 'ends with 1 and no answer'; Text = 'exit 1'; Reason = 'bad-answer' }
    @{ Case = 'prints garbage and ends with 0'; Text = 'echo granted'; Reason = 'bad-answer' }
    @{ Case = 'prints a JSON text and ends with 0'; Text = 'echo ''"grant"'''; Reason = 'bad-answer' }
    @{ Case = 'prints null and ends with 0'; Text = 'echo null'; Reason = 'bad-answer' }
    @{ Case = 'prints an empty object and ends with 0'; Text = 'echo "{}"'; Reason = 'bad-answer' }
    @{ Case = 'prints half of a grant'; Text = "printf '%s' '$($grant.Substring(0, 70))'"; Reason = 'bad-answer' }
    @{ Case = 'prints a grant within a list'; Text = "echo '[$grant]'"; Reason = 'bad-answer' }
    @{ Case = 'prints two answers'; Text = "echo '$deny'; echo '$grant'"; Reason = 'bad-answer' }
    @{ Case = 'prints a grant and garbage'; Text = "echo '$grant'; echo x"; Reason = 'bad-answer' }
    @{ Case = 'prints garbage and a grant'; Text = "echo x; echo '$grant'"; Reason = 'bad-answer' }
    @{ Case = 'prints a grant as HTML'; Text = "echo '<p>$grant</p>'"; Reason = 'bad-answer' }
    @{ Case = 'denies and ends with 0'; Text = "echo '$deny'"; Reason = 'bad-answer' }
    @{ Case = 'grants and ends with 1'; Text = "echo '$grant'; exit 1"; Reason = 'bad-answer' }
    @{ Case = 'grants and ends with 3'; Text = "echo '$grant'; exit 3"; Reason = 'bad-answer' }
    @{ Case = 'grants and ends with 2'; Text = "echo '$grant'; exit 2"; Reason = 'wrong-call' }
    @{ Case = 'grants and ends with 6'; Text = "echo '$grant'; exit 6"; Reason = 'bad-answer' }
    @{ Case = 'grants and kills itself'; Text = "echo '$grant'; kill -9 `$`$"; Reason = 'killed' }
    @{ Case = 'grants in another schema'; Text = "echo '$($grant.Replace(':1,', ':2,'))'"; Reason = 'bad-answer' }
    @{ Case = 'grants in a schema that is a text'; Text = "echo '$($grant.Replace(':1,', ':"1",'))'"; Reason = 'bad-answer' }
    @{ Case = 'grants in a schema that is true'; Text = "echo '$($grant.Replace(':1,', ':true,'))'"; Reason = 'bad-answer' }
    @{ Case = 'grants in a schema that is a list'; Text = "echo '$($grant.Replace(':1,', ':[1],'))'"; Reason = 'bad-answer' }
    @{ Case = 'grants without a schema'; Text = "echo '$($grant.Replace('"schema":1,', ''))'"; Reason = 'bad-answer' }
    @{ Case = 'grants without a reason'; Reason = 'bad-answer'
        Text = "echo '$($grant.Replace('"reason":"code-accepted",', ''))'" }
    @{ Case = 'grants in upper case'; Text = "echo '$($grant.Replace('"grant"', '"GRANT"'))'"; Reason = 'bad-answer' }
    @{ Case = 'grants in a list of outcomes'; Text = "echo '$($grant.Replace('"grant"', '["grant"]'))'"; Reason = 'bad-answer' }
    @{ Case = 'prints bytes that are not UTF-8'; Reason = 'bad-answer'
        Text = "printf '%s\n' '$($grant.Replace('Hi', 'H\377i'))' | sed 's/.377/\xff/'" }
    @{ Case = 'grants in UTF-16'; Text = "printf '%s' '$grant' | sed 's/./&\x00/g'"; Reason = 'bad-answer' }
    @{ Case = 'grants after 2 MB of blanks'; Reason = 'bad-answer'
        Text = "head -c 2000000 /dev/zero | tr '\0' ' '; echo '$grant'" }
    @{ Case = 'hangs'; Text = 'exec sleep 600'; Reason = 'time-limit' }
    @{ Case = 'grants and hangs'; Text = "echo '$grant'; exec sleep 600"; Reason = 'time-limit' }
)
