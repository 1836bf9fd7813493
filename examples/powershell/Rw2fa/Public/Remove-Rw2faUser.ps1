function Remove-Rw2faUser {
    <#
    .SYNOPSIS
    Takes users and groups off the list, and destroys the users' secrets.
    .DESCRIPTION
    From the next login on, they can sign in with the password alone, unless a listed group covers them: CoveredBy
    names such groups. To off-board somebody, close the account in the directory first. An entry of the whitelist
    stays: see Remove-Rw2faWhitelist.

    Takes everything from the pipeline in one run of the program. If a name is not listed, that is an error, and
    the others are removed.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser, of Import-Csv or of a directory. A group stays a group.
    .PARAMETER Group
    Groups.
    .PARAMETER IgnoreMissing
    A name that is not listed is not an error.
    .EXAMPLE
    Remove-Rw2faUser alice
    .EXAMPLE
    Import-Csv leavers.csv | Remove-Rw2faUser -IgnoreMissing -Confirm:$false
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [object[]] $Name = @(),
        [string[]] $Group = @(),
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
        $entries = ConvertTo-EntryList $PSCmdlet $values $Group
        $arguments = @('users', 'remove')
        if ($IgnoreMissing) { $arguments += '--ignore-missing' }
        $action = 'remove from the list and destroy the secret: the password alone is then enough'
        Invoke-Change $PSCmdlet $arguments $entries $action
    }
}
