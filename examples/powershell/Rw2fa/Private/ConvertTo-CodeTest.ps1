# Formats a duration for people, such as '1 h 30 min'.
function ConvertTo-DurationText {
    param([long] $Seconds)
    $span = [timespan]::FromSeconds($Seconds)
    $parts = @(
        if ($span.Days) { "$($span.Days) d" }
        if ($span.Hours) { "$($span.Hours) h" }
        if ($span.Minutes) { "$($span.Minutes) min" }
        if ($span.Seconds -or $span.TotalSeconds -lt 1) { "$($span.Seconds) s" }
    )
    $parts -join ' '
}

# Turns the document of a tested code into an object. The document has no sentence, so it is made here.
function ConvertTo-CodeTest {
    param([object] $Test)
    $drift = $Test.drift_steps
    $clock = if ($null -eq $drift) { '' } elseif ($drift -eq 0) { "the device's clock is right" } else {
        $speed = if ($drift -gt 0) { 'fast' } else { 'slow' }
        "the device's clock is about $(ConvertTo-DurationText ([Math]::Abs($drift) * 30)) $speed"
    }
    $message = switch ($Test.result) {
        'right' { if ($clock) { "the code is right, and $clock" } else { 'the code is right, and can still be used' } }
        'used' {
            if (-not $clock) { 'the code was already used' } else {
                "the code is right, but it or a later one was already used; $clock"
            }
        }
        'outside-window' {
            "the code is right, but $clock, and logins accept at most $(ConvertTo-DurationText ($Test.window_steps * 30)): " +
                'turn on automatic time on the device'
        }
        'wrong' { 'not a code from this device; this counts as a failed attempt' }
        'malformed' { 'this is not a code; it does not count as an attempt' }
        'locked' {
            $end = 'until an administrator runs Unlock-Rw2faUser'
            if ($null -ne $Test.retry_after) { $end = "for $(ConvertTo-DurationText $Test.retry_after)" }
            "the user is locked $end; the code was not checked"
        }
        'no-secret' { 'the user has no code to check yet' }
        default { "the result is $($Test.result)" }
    }
    [pscustomobject]@{
        PSTypeName = 'Rw2fa.CodeTest'
        Name       = $Test.name
        IsRight    = $Test.result -in 'right', 'used'
        Result     = $Test.result
        Drift      = if ($null -ne $drift) { [timespan]::FromSeconds(30 * $drift) } else { $null }
        Message    = $message
    }
}
