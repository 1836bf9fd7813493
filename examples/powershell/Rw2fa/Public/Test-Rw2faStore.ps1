function Test-Rw2faStore {
    <#
    .SYNOPSIS
    Checks every document of the store, and does what a login does.
    .DESCRIPTION
    Checks the settings, the key, both documents of every user, groups, whitelist entries, messages, and that every
    secret opens. Changes nothing. Returns an object for each problem; nothing if there is none. A problem is not an
    error of this function. Test-Rw2faAudit checks the lines of the audit trail.
    .EXAMPLE
    Test-Rw2faStore | Format-List Message, Remedy, Paths
    .EXAMPLE
    if (-not (Test-Rw2faStore)) { Export-Rw2faStore D:\Backup\rw2fa.toml }
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.Finding')]
    param()
    Use-CallerPreference $PSCmdlet
    foreach ($problem in (Get-Field (Read-Rw2fa $PSCmdlet @('store', 'check')) 'problems')) {
        ConvertTo-Finding $problem -Check store
    }
}
