function Unlock-Rw2faUser {
    <#
    .SYNOPSIS
    Ends lockouts, so that users can try codes again at once.
    .DESCRIPTION
    Takes everything from the pipeline in one run of the program. A name that is not known is an error, and the
    others are unlocked. Groups are skipped.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser, of Import-Csv or of a directory.
    .EXAMPLE
    Unlock-Rw2faUser alice
    .EXAMPLE
    Get-Rw2faUser -State locked | Unlock-Rw2faUser
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('Rw2fa.Change')]
    param([Parameter(Position = 0, ValueFromPipeline)] [object[]] $Name = @())
    begin {
        Use-CallerPreference $PSCmdlet
        $values = [System.Collections.Generic.List[object]]::new()
    }
    process {
        foreach ($one in $Name) { $values.Add($one) }
    }
    end {
        $entries = ConvertTo-EntryList $PSCmdlet $values
        Invoke-Change $PSCmdlet @('users', 'unlock') $entries 'end the lockout'
    }
}
