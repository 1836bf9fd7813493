function Get-Rw2faAudit {
    <#
    .SYNOPSIS
    Reads the audit trail: every login that was decided, and every change by an administrator, oldest first.
    .DESCRIPTION
    Event is what the line records, such as login or change; of a line that cannot be read it is broken, and File and
    Line say where it is. Values shows what a change replaced, such as 'method: app -> sms'. Times are local times.

    Test-Rw2faAudit checks whether somebody edited the trail. To follow the trail, use 'rw2fa audit --follow'.
    .PARAMETER User
    Only lines about this user, group or setting.
    .PARAMETER Outcome
    Only decisions with this outcome.
    .PARAMETER Since
    Only lines since this time. A time without a zone is a local time.
    .PARAMETER Until
    Only lines up to this time. A date without a time is its first moment.
    .PARAMETER Last
    Only the last so many of these lines.
    .PARAMETER Archive
    Includes the archived months in this directory.
    .EXAMPLE
    Get-Rw2faAudit -Outcome deny -Since (Get-Date).AddHours(-1)
    .EXAMPLE
    Get-Rw2faAudit -User alice -Last 20 | Format-Table Time, Event, Outcome, Reason, Ip
    .EXAMPLE
    Get-Rw2faAudit -Since '2026-11-01' -Until '2026-12-01' | Export-Csv november.csv -NoTypeInformation
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.AuditLine')]
    param(
        [Parameter(Position = 0)] [string] $User,
        [ValidateSet('grant', 'challenge', 'deny', 'error', 'ended')] [string] $Outcome,
        [datetime] $Since,
        [datetime] $Until,
        [ValidateRange(1, 2147483647)] [int] $Last,
        [string] $Archive
    )
    Use-CallerPreference $PSCmdlet
    $arguments = @('audit')
    if ($PSBoundParameters.ContainsKey('User')) { $arguments += "--user=$User" }
    if ($Outcome) { $arguments += "--outcome=$Outcome" }
    if ($PSBoundParameters.ContainsKey('Since')) { $arguments += "--since=$(ConvertTo-UtcText $Since)" }
    if ($PSBoundParameters.ContainsKey('Until')) { $arguments += "--until=$(ConvertTo-UtcText $Until)" }
    if ($Last) { $arguments += "--lines=$Last" }
    if ($PSBoundParameters.ContainsKey('Archive')) {
        $directory = Resolve-FilePath $PSCmdlet $Archive
        if (-not $directory) { return }
        $arguments += "--archive=$directory"
    }
    foreach ($line in (Get-Field (Read-Rw2fa $PSCmdlet $arguments) 'lines')) { ConvertTo-AuditLine $line }
}
