function Get-Rw2faStatus {
    <#
    .SYNOPSIS
    Shows whether users are protected, and whether logins work.
    .DESCRIPTION
    Checks what every login needs: the key, the locks, the audit trail, space and permissions. If logins fail, that is
    not an error of this function: Healthy is $false, and Problems says why. Test-Rw2faHealth checks more.

    The program 'rw2fa status' ends with exit code 1 when Healthy is $false.
    .EXAMPLE
    if (-not (Get-Rw2faStatus).Healthy) { Send-Alarm }
    .EXAMPLE
    Get-Rw2faStatus | Format-List Enabled, Users*, Problems
    .EXAMPLE
    (Get-Rw2faStatus).UsersPending

    Gets the number of users who have seen a QR code but typed no code yet.
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.Status')]
    param()
    Use-CallerPreference $PSCmdlet
    $document = Read-Rw2fa $PSCmdlet @('status')
    if ($null -eq $document) { return }
    $problems = @(Get-Field $document 'problems')
    $hints = @(foreach ($problem in $problems) { Get-Field $problem 'hint' })
    [pscustomobject]@{
        PSTypeName        = 'Rw2fa.Status'
        Enabled           = $document.enabled
        Healthy           = $problems.Count -eq 0
        Problems          = @($problems | ForEach-Object { $_.message }) -join '; '
        Hints             = @($hints | Where-Object { $_ }) -join '; '
        Location          = $document.store.location
        License           = $document.license.state
        LicenseDaysLeft   = $document.license.days_left
        LicenseMaxUsers   = $document.license.max_users
        Users             = $document.users.total
        UsersNone         = $document.users.none
        UsersPending      = $document.users.pending
        UsersActive       = $document.users.active
        UsersLocked       = $document.users.locked
        Groups            = $document.groups
        Whitelisted       = $document.whitelist.active
        WhitelistExpired  = $document.whitelist.expired
        SmsConfigured     = $document.sms.configured
        SmsLastResult     = $document.sms.last_result
        SmsLastTime       = ConvertTo-LocalTime $document.sms.last_at
        ClockSynchronised = $document.clock.synchronised
        Discrepancy       = $document.window.discrepancy
        GuessChance       = $document.window.guess_chance
        UnrecordedChanges = $document.audit.unrecorded
    }
}
