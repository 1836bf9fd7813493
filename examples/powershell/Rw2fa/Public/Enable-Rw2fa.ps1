function Enable-Rw2fa {
    <#
    .SYNOPSIS
    Turns two-factor authentication on.
    .DESCRIPTION
    From the next login on, every listed user needs a code. With -WhatIf, -Verbose shows who will be asked for a code,
    shown a QR code or refused; Test-Rw2faLogin -All shows the same as objects.
    .EXAMPLE
    Enable-Rw2fa -WhatIf -Verbose
    .EXAMPLE
    Enable-Rw2fa
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param()
    Use-CallerPreference $PSCmdlet
    Invoke-SingleChange $PSCmdlet @('enable') 'two-factor authentication' 'turn on: listed users need a code'
}
