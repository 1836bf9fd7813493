function Disable-Rw2fa {
    <#
    .SYNOPSIS
    Turns two-factor authentication off: a password alone is enough to sign in.
    .DESCRIPTION
    Keeps users, secrets and settings. Needs neither the key nor a licence, and works even if the audit trail cannot be
    written.
    .EXAMPLE
    Disable-Rw2fa -WhatIf
    .EXAMPLE
    Disable-Rw2fa -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param()
    Use-CallerPreference $PSCmdlet
    Invoke-SingleChange $PSCmdlet @('disable') 'two-factor authentication' 'turn off: a password alone is enough to sign in'
}
