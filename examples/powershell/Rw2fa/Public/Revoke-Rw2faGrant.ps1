function Revoke-Rw2faGrant {
    <#
    .SYNOPSIS
    Ends grants, so that the next session needs a new code.
    .DESCRIPTION
    Open sessions continue. Takes everything from the pipeline in one run of the program. A name that is not known is
    an error, and the grants of the others end. Groups are skipped.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser, of Import-Csv or of a directory.
    .EXAMPLE
    Revoke-Rw2faGrant alice
    .EXAMPLE
    Get-Rw2faUser -Type user | Revoke-Rw2faGrant
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
        Invoke-Change $PSCmdlet @('users', 'revoke') $entries 'end the grants: the next session needs a new code'
    }
}
