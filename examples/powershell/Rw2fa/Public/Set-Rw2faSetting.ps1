function Set-Rw2faSetting {
    <#
    .SYNOPSIS
    Changes settings.
    .DESCRIPTION
    A value out of range is an error, and nothing is written. Reset-Rw2faSetting restores a default.
    .PARAMETER Name
    The setting.
    .PARAMETER Value
    The new value: a number, $true or $false, or a text. Durations may be written as 90s, 30m, 8h, 3d or 2w.
    .EXAMPLE
    Set-Rw2faSetting discrepancy 1
    .EXAMPLE
    Set-Rw2faSetting validity-after-first-session 10h -WhatIf
    .EXAMPLE
    Import-Csv settings.csv | Set-Rw2faSetting

    Takes the columns Name and Value, as 'Get-Rw2faSetting | Export-Csv settings.csv' writes them.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [string] $Name,
        [Parameter(Mandatory, Position = 1, ValueFromPipelineByPropertyName)] [AllowEmptyString()] [object] $Value
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        $text = [string]::Format([cultureinfo]::InvariantCulture, '{0}', $Value)
        if ($Value -is [bool]) { $text = $text.ToLowerInvariant() }
        Invoke-SingleChange $PSCmdlet @('advanced', 'set', '--', $Name, $text) $Name "set to '$text'"
    }
}
