function New-Rw2faTemporaryCode {
    <#
    .SYNOPSIS
    Creates a temporary code for a user who has no phone today.
    .DESCRIPTION
    Returns an object with the code, which cannot be shown again. The user types it at the login instead of another
    code, whether they have enrolled or not. It does not enrol the user. A new code replaces the previous one; a
    reset deletes it, and so does Remove-Rw2faTemporaryCode.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser or of a directory.
    .PARAMETER For
    How long the code is valid: a text such as 30m, 8h, 2d or 1w, or a [timespan]. The default is 8h.
    .PARAMETER Uses
    How many logins the code is valid for. The default is 1.
    .EXAMPLE
    New-Rw2faTemporaryCode alice
    .EXAMPLE
    New-Rw2faTemporaryCode alice -For (New-TimeSpan -Days 2) -Uses 6
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('Rw2fa.Code', 'Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline)] [AllowEmptyCollection()] [AllowNull()] [object[]] $Name,
        [object] $For,
        [ValidateRange(1, 1000)] [int] $Uses = 1
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $options = @("--uses=$Uses")
        if ($PSBoundParameters.ContainsKey('For')) { $options += "--for=$(ConvertTo-Duration $For)" }
    }
    process {
        foreach ($one in $Name) {
            $entry = ConvertTo-UserEntry $PSCmdlet $one
            if ($null -eq $entry) { continue }
            $arguments = @('users', 'temporary-code') + $options + @('--', $entry.Name)
            $action = 'create a temporary code'
            if ($WhatIfPreference) {
                Invoke-SingleChange $PSCmdlet $arguments $entry.Name $action -Source $one
                continue
            }
            if (-not (Confirm-Change $PSCmdlet $entry.Name $action)) { continue }
            $made = Get-Field (Read-Rw2fa $PSCmdlet $arguments -Target $one) 'temporary_code'
            if ($null -eq $made) { continue }
            [pscustomobject]@{
                PSTypeName = 'Rw2fa.Code'
                Name       = $made.name
                Code       = $made.code
                Uses       = $made.uses
                ValidUntil = ConvertTo-LocalTime $made.valid_until
            }
        }
    }
}
