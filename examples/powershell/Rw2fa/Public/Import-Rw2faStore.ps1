function Import-Rw2faStore {
    <#
    .SYNOPSIS
    Replaces this store with an exported one.
    .DESCRIPTION
    The whole file is checked before anything is written. Entries that are not in it are removed. The key, the licence
    and the audit trail of this store are kept. Grants are removed, and every code up to now counts as used. No login
    is decided while it runs. Set the clock of this server first.

    Returns an object for each entry that changes.
    .PARAMETER Path
    A file of Export-Rw2faStore.
    .EXAMPLE
    Import-Rw2faStore /backup/rw2fa-2026-11-24.toml -WhatIf
    .EXAMPLE
    Import-Rw2faStore /backup/rw2fa-2026-11-24.toml -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param([Parameter(Mandatory, Position = 0)] [string] $Path)
    Use-CallerPreference $PSCmdlet
    $file = Resolve-FilePath $PSCmdlet $Path
    if (-not $file) { return }
    Invoke-SingleChange $PSCmdlet @('store', 'import', '--', $file) $file 'replace the whole store with this file'
}
