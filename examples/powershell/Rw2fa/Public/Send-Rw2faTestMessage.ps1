function Send-Rw2faTestMessage {
    <#
    .SYNOPSIS
    Sends a test message by SMS, which costs as much as a real one.
    .DESCRIPTION
    Its text is that of the setting sms-message, with zeros in place of the code. With -WhatIf nothing is sent, and the
    number is not checked.
    .PARAMETER Phone
    The number, with + and the country code.
    .EXAMPLE
    Send-Rw2faTestMessage +33612345678
    .EXAMPLE
    Send-Rw2faTestMessage +33612345678 | Select-Object Result, Segments
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.TestMessage')]
    param([Parameter(Mandatory, Position = 0)] [string] $Phone)
    Use-CallerPreference $PSCmdlet
    if (-not (Confirm-Change $PSCmdlet $Phone 'send a message, which costs money')) { return }
    $test = Get-Field (Read-Rw2fa $PSCmdlet @('sms', 'test', '--', $Phone) -Target $Phone) 'test'
    if ($null -eq $test) { return }
    [pscustomobject]@{
        PSTypeName = 'Rw2fa.TestMessage'
        To         = $test.to
        Result     = $test.result
        Sid        = $test.sid
        Status     = $test.status
        Alphabet   = $test.alphabet
        Segments   = $test.segments
    }
}
