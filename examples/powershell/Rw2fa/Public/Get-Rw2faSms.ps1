function Get-Rw2faSms {
    <#
    .SYNOPSIS
    Shows the gateway that sends codes by SMS. The token is masked.
    .DESCRIPTION
    Configured says whether codes can be sent; if not, Problem says why. Test-Rw2faSms asks the gateway itself.
    .EXAMPLE
    Get-Rw2faSms | Format-List
    .EXAMPLE
    if (-not (Get-Rw2faSms).Configured) { 'no gateway' }
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.Sms')]
    param()
    Use-CallerPreference $PSCmdlet
    $sms = Get-Field (Read-Rw2fa $PSCmdlet @('sms', 'show')) 'sms'
    if ($null -eq $sms) { return }
    [pscustomobject]@{
        PSTypeName = 'Rw2fa.Sms'
        Configured = $sms.configured
        Problem    = $sms.problem
        AccountSid = $sms.account_sid
        ApiKey     = $sms.api_key
        AuthToken  = $sms.auth_token
        From       = $sms.from
        ApiBase    = $sms.api_base
        Proxy      = $sms.proxy
        CaFile     = $sms.ca_file
        Command    = $sms.command
    }
}
