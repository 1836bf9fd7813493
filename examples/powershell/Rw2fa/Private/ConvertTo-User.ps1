# Turns entries of the list into objects.
function ConvertTo-User {
    param([AllowEmptyCollection()] [object[]] $Entries)
    foreach ($entry in $Entries) {
        # Most have no times.
        $until = $entry.locked_until
        if ($null -ne $until) { $until = ConvertTo-LocalTime $until }
        $login = $entry.last_login
        if ($null -ne $login) { $login = ConvertTo-LocalTime $login }
        # A call of Get-Field for each entry would take as long as the rest.
        $notes = $entry.PSObject.Properties['notes']
        if ($null -ne $notes) { $notes = $notes.Value }
        [pscustomobject]@{
            PSTypeName  = 'Rw2fa.User'
            Name        = $entry.name
            Type        = $entry.type
            Method      = $entry.method
            Phone       = $entry.phone
            State       = $entry.state
            Enrolment   = $entry.enrolment
            Listed      = $entry.listed
            LockedUntil = $until
            LastLogin   = $login
            Notes       = $notes
        }
    }
}

# Turns the document of one entry into an object, which has what ConvertTo-User returns, and more.
function ConvertTo-UserDetail {
    param([object] $Entry)
    $user = ConvertTo-User $Entry
    $shown = Get-Field $Entry 'shown'
    $whitelist = Get-Field $Entry 'whitelist'
    $code = Get-Field $Entry 'temporary_code'
    $more = [ordered]@{
        Added                  = ConvertTo-LocalTime (Get-Field $Entry 'added')
        Activated              = ConvertTo-LocalTime (Get-Field $Entry 'activated')
        PendingSince           = ConvertTo-LocalTime (Get-Field $Entry 'pending_since')
        PendingUntil           = ConvertTo-LocalTime (Get-Field $Entry 'pending_until')
        TimesShown             = Get-Field $shown 'times'
        LastShown              = ConvertTo-LocalTime (Get-Field $shown 'last')
        LastShownTo            = Get-Field $shown 'ip'
        Digits                 = Get-Field $Entry 'digits'
        Drift                  = [timespan]::FromSeconds(30 * [double] (Get-Field $Entry 'drift_steps'))
        FailedAttempts         = Get-Field $Entry 'failures'
        IsLockedForGood        = Get-Field $Entry 'permanently_locked'
        CoveredBy              = Join-Value (Get-Field $Entry 'covered_by')
        Members                = Join-Value (Get-Field $Entry 'members')
        IsWhitelisted          = $null -ne $whitelist
        RecoveryCodesLeft      = Get-Field $Entry 'recovery_codes_left'
        TemporaryCodeUsesLeft  = Get-Field $code 'uses_left'
        TemporaryCodeUntil     = ConvertTo-LocalTime (Get-Field $code 'valid_until')
        Grants                 = @(Get-Field $Entry 'grants').Count
    }
    foreach ($name in $more.Keys) { $user.PSObject.Properties.Add([psnoteproperty]::new($name, $more[$name])) }
    $user.PSObject.TypeNames.Insert(0, 'Rw2fa.UserDetail')
    $user
}
