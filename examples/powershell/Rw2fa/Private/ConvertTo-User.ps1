# Turns entries of the list into objects.
function ConvertTo-User {
    param([AllowEmptyCollection()] [object[]] $Entries)
    # A copy takes much less time than a new object with a type name.
    $empty = [pscustomobject]@{
        PSTypeName  = 'Rw2fa.User'
        Name        = $null
        Type        = $null
        Method      = $null
        Phone       = $null
        State       = $null
        Enrolment   = $null
        Listed      = $null
        LockedUntil = $null
        LastLogin   = $null
        Notes       = $null
    }
    # One document has it for all entries, or for none.
    $hasNotes = $Entries.Count -gt 0 -and $null -ne $Entries[0].PSObject.Properties['notes']
    foreach ($entry in $Entries) {
        $user = $empty.PSObject.Copy()
        $user.Name = $entry.name
        $user.Type = $entry.type
        $user.Method = $entry.method
        $user.State = $entry.state
        $user.Enrolment = $entry.enrolment
        $user.Listed = $entry.listed
        # Most entries have none of these.
        $value = $entry.phone
        if ($null -ne $value) { $user.Phone = $value }
        $value = $entry.locked_until
        if ($null -ne $value) { $user.LockedUntil = ConvertTo-LocalTime $value }
        $value = $entry.last_login
        if ($null -ne $value) { $user.LastLogin = ConvertTo-LocalTime $value }
        if ($hasNotes) { $user.Notes = $entry.notes }
        $user
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
