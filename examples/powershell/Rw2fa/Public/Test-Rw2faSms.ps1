function Test-Rw2faSms {
    <#
    .SYNOPSIS
    Asks Twilio whether the credentials work, without sending anything.
    .DESCRIPTION
    Returns the state of the account and its balance, which are empty if the API key may not see them. Credentials that
    do not work are an error. A gateway that is a command cannot be asked: see Send-Rw2faTestMessage.
    .EXAMPLE
    Test-Rw2faSms
    .EXAMPLE
    if ((Test-Rw2faSms).Balance -lt 10) { Send-Alarm }
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.SmsCheck')]
    param()
    Use-CallerPreference $PSCmdlet
    $sms = Get-Field (Read-Rw2fa $PSCmdlet @('sms', 'check')) 'sms'
    if ($null -eq $sms) { return }
    $balance = $sms.balance
    $number = [decimal] 0
    $style = [System.Globalization.NumberStyles]::Float
    if ([decimal]::TryParse([string] $balance, $style, [cultureinfo]::InvariantCulture, [ref] $number)) { $balance = $number }
    [pscustomobject]@{
        PSTypeName  = 'Rw2fa.SmsCheck'
        Credentials = $sms.credentials
        Status      = $sms.status
        Type        = $sms.type
        Balance     = $balance
        Currency    = $sms.currency
    }
}
