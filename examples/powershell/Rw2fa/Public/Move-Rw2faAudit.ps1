function Move-Rw2faAudit {
    <#
    .SYNOPSIS
    Moves old months of the audit trail to another directory.
    .DESCRIPTION
    Nothing is moved unless the whole trail is intact. A line of the trail records how each of the months ends, so that
    Test-Rw2faAudit accepts the rest, and with -Archive checks both as one chain. If it is interrupted, run it again.
    .PARAMETER Before
    A day of the first month to keep: at the latest the current month.
    .PARAMETER Destination
    The directory. It is created if it is missing, private to the store's owner.
    .PARAMETER AllowUnkeyed
    Also moves lines written without a key.
    .EXAMPLE
    Move-Rw2faAudit -Before (Get-Date).AddMonths(-12) -Destination D:\Archive\rw2fa
    .EXAMPLE
    Move-Rw2faAudit -Before 2026-09 -Destination /var/backups/rw2fa-audit -WhatIf
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory)] [datetime] $Before,
        [Parameter(Mandatory)] [string] $Destination,
        [switch] $AllowUnkeyed
    )
    Use-CallerPreference $PSCmdlet
    $directory = Resolve-FilePath $PSCmdlet $Destination
    if (-not $directory) { return }
    $month = $Before.ToString('yyyy-MM', [cultureinfo]::InvariantCulture)
    $arguments = @('audit', 'archive', "--before=$month")
    if ($AllowUnkeyed) { $arguments += '--allow-unkeyed' }
    $arguments += @('--', $directory)
    Invoke-SingleChange $PSCmdlet $arguments $directory "move the audit trail before $month"
}
