function Get-Rw2faLicense {
    <#
    .SYNOPSIS
    Shows the licence of this machine, or how long the trial lasts.
    .DESCRIPTION
    State is trial, licensed or expired. DaysLeft is empty if there is no end, and MaxUsers if there is no limit. A
    licence never decides a login: it limits how many users can be added. 'rw2fa license portal' shows where to get one.
    .PARAMETER Serial
    Returns only the serial number of this machine, for which licences are issued. Needs no store.
    .EXAMPLE
    Get-Rw2faLicense | Format-List
    .EXAMPLE
    Get-Rw2faLicense -Serial | Set-Clipboard
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.License', [string])]
    param([switch] $Serial)
    Use-CallerPreference $PSCmdlet
    if ($Serial) { return Get-Field (Read-Rw2fa $PSCmdlet @('license', 'serial')) 'serial' }
    $license = Get-Field (Read-Rw2fa $PSCmdlet @('license', 'show')) 'license'
    if ($null -eq $license) { return }
    [pscustomobject]@{
        PSTypeName     = 'Rw2fa.License'
        State          = $license.state
        DaysLeft       = $license.days_left
        Users          = $license.users
        MaxUsers       = $license.max_users
        Serial         = $license.serial
        Edition        = $license.edition
        OrderNumber    = $license.order_number
        Email          = $license.email
        Issued         = ConvertTo-LocalTime $license.issued
        Expires        = ConvertTo-LocalTime $license.expires
        DevelopmentKey = $license.development_key
        Problem        = $license.problem
    }
}
