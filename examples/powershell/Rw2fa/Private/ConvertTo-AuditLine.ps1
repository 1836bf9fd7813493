# Formats what a change replaced: 'method: app -> sms', or 'method: app' if there was nothing before.
function ConvertTo-ValueText {
    param([object] $Values)
    if ($null -eq $Values) { return $null }
    $texts = foreach ($property in $Values.PSObject.Properties) {
        $sides = @(foreach ($side in @($property.Value)) {
            if ($null -eq $side) { '' } elseif ($side -is [bool]) { ([string] $side).ToLowerInvariant() } else { [string] $side }
        })
        $before = $sides[0]
        $after = if ($sides.Count -gt 1) { $sides[1] } else { '' }
        if ($before -ne '') { "$($property.Name): $before -> $after".TrimEnd() } else { "$($property.Name): $after" }
    }
    @($texts) -join '; '
}

# Turns a line of the audit trail into an object.
function ConvertTo-AuditLine {
    param([object] $Line)
    [pscustomobject]@{
        PSTypeName = 'Rw2fa.AuditLine'
        Time       = ConvertTo-LocalTime $Line.time
        Event      = $Line.event
        User       = $Line.user
        Outcome    = $Line.outcome
        Reason     = $Line.reason
        Session    = $Line.session
        Client     = $Line.client
        Ip         = $Line.ip
        Drift      = $Line.drift
        By         = $Line.by
        Action     = $Line.action
        Object     = $Line.object
        Values     = ConvertTo-ValueText $Line.values
        Seq        = $Line.seq
        File       = Get-Field $Line 'file'
        Line       = Get-Field $Line 'line'
    }
}
