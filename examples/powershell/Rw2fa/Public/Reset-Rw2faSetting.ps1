function Reset-Rw2faSetting {
    <#
    .SYNOPSIS
    Resets settings to their defaults.
    .DESCRIPTION
    Get-Rw2faSetting shows the defaults.
    .PARAMETER Name
    The settings, or objects of Get-Rw2faSetting.
    .EXAMPLE
    Reset-Rw2faSetting discrepancy
    .EXAMPLE
    Get-Rw2faSetting lockout-* | Reset-Rw2faSetting -WhatIf
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [AllowEmptyCollection()]
        [string[]] $Name
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        foreach ($one in $Name) {
            Invoke-SingleChange $PSCmdlet @('advanced', 'unset', '--', $one) $one 'reset to the default'
        }
    }
}
