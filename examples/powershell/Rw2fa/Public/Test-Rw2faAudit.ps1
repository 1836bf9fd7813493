function Test-Rw2faAudit {
    <#
    .SYNOPSIS
    Checks whether the audit trail is whole: that no line was edited, removed, inserted or moved.
    .DESCRIPTION
    Also finds login attempts that were counted against a user but never recorded. A broken trail is not an error of
    this function: Whole is $false, and the other properties say where and why.

    To notice later that the newest lines were cut off, keep Head in another place, and pass it the next time.
    .PARAMETER Head
    A head from an earlier check, which must be in the trail.
    .PARAMETER Archive
    Includes the archived months in this directory.
    .PARAMETER AllowUnkeyed
    Accepts lines written without a key, for example while it was lost.
    .PARAMETER AllowMissingAttempts
    Accepts attempts that were counted but never recorded, after a power failure, for example.
    .EXAMPLE
    if (-not (Test-Rw2faAudit).Whole) { Send-Alarm }
    .EXAMPLE
    $before = Test-Rw2faAudit; Start-Sleep 3600; Test-Rw2faAudit -Head $before.Head
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.AuditCheck')]
    param(
        [string] $Head,
        [string] $Archive,
        [switch] $AllowUnkeyed,
        [switch] $AllowMissingAttempts
    )
    Use-CallerPreference $PSCmdlet
    $arguments = @('audit', 'verify')
    if ($PSBoundParameters.ContainsKey('Head')) { $arguments += "--head=$Head" }
    if ($PSBoundParameters.ContainsKey('Archive')) {
        $directory = Resolve-FilePath $PSCmdlet $Archive
        if (-not $directory) { return }
        $arguments += "--archive=$directory"
    }
    if ($AllowUnkeyed) { $arguments += '--allow-unkeyed' }
    if ($AllowMissingAttempts) { $arguments += '--allow-missing-attempts' }
    $document = Read-Rw2fa $PSCmdlet $arguments
    if ($null -eq $document) { return }
    $gaps = foreach ($gap in $document.gaps) { "$($gap.file), line $($gap.line): $($gap.what)" }
    $missing = foreach ($attempts in $document.missing_attempts) { "$($attempts.user): $($attempts.first)-$($attempts.last)" }
    [pscustomobject]@{
        PSTypeName      = 'Rw2fa.AuditCheck'
        Whole           = $document.whole
        Lines           = $document.lines
        Head            = $document.head
        HeadFound       = $document.head_found
        Problem         = Get-Field $document.broken 'what'
        File            = Get-Field $document.broken 'file'
        Line            = Get-Field $document.broken 'line'
        Gaps            = @($gaps) -join '; '
        Unkeyed         = $document.unkeyed
        MissingAttempts = Join-Value $missing
    }
}
