function New-Rw2faRecoveryCode {
    <#
    .SYNOPSIS
    Creates single-use codes for a user who might lose the device.
    .DESCRIPTION
    Returns an object for each code. The codes cannot be shown again: print them, and keep them out of logs and
    transcripts. They replace the user's earlier recovery codes. Each signs the user in once. A reset deletes them.

    Only a user who has enrolled can have recovery codes.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser or of a directory.
    .PARAMETER Count
    How many codes to create for each user. The default is 10.
    .EXAMPLE
    New-Rw2faRecoveryCode alice -Count 5
    .EXAMPLE
    New-Rw2faRecoveryCode alice -Confirm:$false | Select-Object -ExpandProperty Code | Out-Printer
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Code', 'Rw2fa.Change')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline)] [AllowEmptyCollection()] [AllowNull()] [object[]] $Name,
        [ValidateRange(1, 50)] [int] $Count = 10
    )
    begin { Use-CallerPreference $PSCmdlet }
    process {
        foreach ($one in $Name) {
            $entry = ConvertTo-UserEntry $PSCmdlet $one
            if ($null -eq $entry) { continue }
            $arguments = @('users', 'recovery-codes', "--count=$Count", '--', $entry.Name)
            $action = 'create recovery codes; those that the user has stop working'
            if ($WhatIfPreference) {
                Invoke-SingleChange $PSCmdlet $arguments $entry.Name $action -Source $one
                continue
            }
            if (-not (Confirm-Change $PSCmdlet $entry.Name $action)) { continue }
            $made = Get-Field (Read-Rw2fa $PSCmdlet (@('--yes') + $arguments) -Target $one) 'recovery_codes'
            foreach ($code in (Get-Field $made 'codes')) {
                [pscustomobject]@{ PSTypeName = 'Rw2fa.Code'; Name = $made.name; Code = $code; Uses = 1; ValidUntil = $null }
            }
        }
    }
}
