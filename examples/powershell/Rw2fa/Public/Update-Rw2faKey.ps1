function Update-Rw2faKey {
    <#
    .SYNOPSIS
    Creates a new key and seals all secrets with it.
    .DESCRIPTION
    Logins continue, and users do not have to enrol again. Copies of the old key open nothing that is sealed from now
    on, so export the key again. If it is interrupted, run it again.
    .EXAMPLE
    Update-Rw2faKey -WhatIf
    .EXAMPLE
    Update-Rw2faKey -Confirm:$false; Export-Rw2faKey /media/escrow/rw2fa.key -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param()
    Use-CallerPreference $PSCmdlet
    $action = 'replace, and seal all secrets again: export the new key afterwards'
    Invoke-SingleChange $PSCmdlet @('key', 'rotate') 'the key' $action
}
