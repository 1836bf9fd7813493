function Remove-Rw2faWhitelist {
    <#
    .SYNOPSIS
    Takes users off the whitelist: they can no longer connect by plain RDP.
    .DESCRIPTION
    Takes everything from the pipeline in one run of the program. If a name is not on the whitelist, that is an error,
    and the others are removed. Groups are skipped: the whitelist has none.
    .PARAMETER Name
    Users, or objects of Get-Rw2faWhitelist, Get-Rw2faUser, Import-Csv or a directory.
    .PARAMETER IgnoreMissing
    A name that is not on the whitelist is not an error.
    .EXAMPLE
    Remove-Rw2faWhitelist alice
    .EXAMPLE
    Import-Csv leavers.csv | Remove-Rw2faWhitelist -IgnoreMissing -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [AllowEmptyCollection()] [object[]] $Name = @(),
        [switch] $IgnoreMissing
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $values = [System.Collections.Generic.List[object]]::new()
    }
    process {
        foreach ($one in $Name) { $values.Add($one) }
    }
    end {
        $entries = @(foreach ($entry in (ConvertTo-EntryList $PSCmdlet $values)) { if ($entry.Type -eq 'user') { $entry } })
        $arguments = @('whitelist', 'remove')
        if ($IgnoreMissing) { $arguments += '--ignore-missing' }
        Invoke-Change $PSCmdlet $arguments $entries 'take off the whitelist: no more plain RDP' -Columns @('Name')
    }
}
