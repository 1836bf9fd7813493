function Reset-Rw2faKey {
    <#
    .SYNOPSIS
    Replaces a lost key: every secret is deleted, and every user enrols again.
    .DESCRIPTION
    Works without the old key. At the next login, each user sees a new QR code after the password alone, as at the
    first login. If you have a copy of the key, restore it instead.

    Returns an object for each user whose secret is deleted.
    .EXAMPLE
    Reset-Rw2faKey -WhatIf
    .EXAMPLE
    Reset-Rw2faKey -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param()
    Use-CallerPreference $PSCmdlet
    Invoke-SingleChange $PSCmdlet @('key', 'reset') 'the key' 'replace, and delete the secrets of all users: they all enrol again'
}
