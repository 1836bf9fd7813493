function Set-Rw2faLicense {
    <#
    .SYNOPSIS
    Checks a licence and installs it.
    .DESCRIPTION
    If the licence is rejected, that is an error, and the previous one is kept.
    .PARAMETER Path
    The file from the licensing portal.
    .EXAMPLE
    Set-Rw2faLicense license.lic
    .EXAMPLE
    Set-Rw2faLicense license.lic -WhatIf
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param([Parameter(Mandatory, Position = 0)] [string] $Path)
    Use-CallerPreference $PSCmdlet
    $file = Resolve-FilePath $PSCmdlet $Path
    if (-not $file) { return }
    Invoke-SingleChange $PSCmdlet @('license', 'activate', '--', $file) $file 'install as the licence of this machine'
}
