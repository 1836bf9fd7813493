function Set-Rw2faSms {
    <#
    .SYNOPSIS
    Configures the gateway that sends codes by SMS.
    .DESCRIPTION
    Parameters that are not given keep their value; an empty text removes one. The token is valid for one account, key
    and address: if you change one of these, give the token again. Everything is checked before anything is saved;
    nothing is sent.
    .PARAMETER AccountSid
    The SID of the Twilio account: AC...
    .PARAMETER ApiKey
    The SID of an API key of the account, SK...; the token is then the secret of the key.
    .PARAMETER AuthToken
    The token. It reaches the program on standard input, is sealed, and is never shown.
    .PARAMETER From
    The sender: a number, a messaging service, a short code or a name.
    .PARAMETER ApiBase
    Where the API is, for an account of another region.
    .PARAMETER Proxy
    The HTTP proxy to go through.
    .PARAMETER CaFile
    A file with certificates (PEM) to trust besides the system's.
    .PARAMETER Command
    The program that sends, in place of Twilio: an absolute path.
    .EXAMPLE
    Set-Rw2faSms -AccountSid $sid -From +33700000000 -AuthToken (Read-Host 'Token' -AsSecureString)
    .EXAMPLE
    Set-Rw2faSms -AccountSid $sid -From +33700000000 -AuthToken (Get-Secret TwilioToken) -WhatIf
    .EXAMPLE
    Set-Rw2faSms -Proxy ''

    Removes the proxy.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [AllowEmptyString()] [string] $AccountSid,
        [AllowEmptyString()] [string] $ApiKey,
        [securestring] $AuthToken,
        [AllowEmptyString()] [string] $From,
        [AllowEmptyString()] [string] $ApiBase,
        [AllowEmptyString()] [string] $Proxy,
        [AllowEmptyString()] [string] $CaFile,
        [AllowEmptyString()] [string] $Command
    )
    Use-CallerPreference $PSCmdlet
    $arguments = @('sms', 'configure')
    $options = [ordered]@{
        AccountSid = 'account-sid'; ApiKey = 'api-key'; From = 'from'; ApiBase = 'api-base'; Proxy = 'proxy'; Command = 'command'
    }
    foreach ($name in $options.Keys) {
        if ($PSBoundParameters.ContainsKey($name)) { $arguments += "--$($options[$name])=$($PSBoundParameters[$name])" }
    }
    if ($PSBoundParameters.ContainsKey('CaFile')) {
        $file = $CaFile
        if ($CaFile) {
            $file = Resolve-FilePath $PSCmdlet $CaFile
            if (-not $file) { return }
        }
        $arguments += "--ca-file=$file"
    }
    $text = ''
    if ($null -ne $AuthToken) {
        $arguments += '--auth-token-stdin'
        $text = [System.Net.NetworkCredential]::new('', $AuthToken).Password + "`n"
    }
    Invoke-SingleChange $PSCmdlet $arguments 'the SMS gateway' 'configure' -InputText $text
}
