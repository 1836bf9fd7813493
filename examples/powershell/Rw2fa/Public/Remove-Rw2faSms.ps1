function Remove-Rw2faSms {
    <#
    .SYNOPSIS
    Removes the gateway that sends codes by SMS, and its token.
    .DESCRIPTION
    Users who get codes by SMS can no longer sign in. The token has to be given again to undo this.
    .EXAMPLE
    Remove-Rw2faSms -WhatIf
    .EXAMPLE
    Remove-Rw2faSms -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param()
    Use-CallerPreference $PSCmdlet
    $action = 'remove it and its token: users with SMS can no longer sign in'
    Invoke-SingleChange $PSCmdlet @('sms', 'remove') 'the SMS gateway' $action
}
