function Add-Rw2faWhitelist {
    <#
    .SYNOPSIS
    Lets users connect by plain RDP without a code.
    .DESCRIPTION
    An entry lets in the logins of its own account and domain only: 'alice' does not let in CORP\alice. For a user who is
    already on the whitelist, only what is given changes: the reason, or the end.

    Takes everything from the pipeline in one run of the program. The whitelist has no groups: a group is an error.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser, Get-Rw2faWhitelist, Import-Csv or a directory. The properties Reason and Until
    of an object are stronger than the parameters.
    .PARAMETER Reason
    Why, in at most 200 characters. An empty text deletes the reason.
    .PARAMETER Until
    When the entry expires. A date without a time is its first moment; a time without a zone is a local time.
    .PARAMETER For
    How long from now the entry is valid: 30m, 8h, 3d, 2w, a timespan, or never for an entry without an end.
    .EXAMPLE
    Add-Rw2faWhitelist 'CORP\alice' -For 8h -Reason 'new phone'
    .EXAMPLE
    Get-ADGroupMember 'RDP Robots' | Add-Rw2faWhitelist -Until '2026-12-31 18:00' -WhatIf
    .EXAMPLE
    Import-Csv whitelist.csv | Add-Rw2faWhitelist -Confirm:$false

    Takes the columns Name, Reason and Until, as 'Get-Rw2faWhitelist | Export-Csv whitelist.csv' writes them.
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High', DefaultParameterSetName = 'Until')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [AllowEmptyCollection()] [object[]] $Name = @(),
        [AllowEmptyString()] [string] $Reason,
        [Parameter(ParameterSetName = 'Until')] [datetime] $Until,
        [Parameter(Mandatory, ParameterSetName = 'For')] [object] $For
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $values = [System.Collections.Generic.List[object]]::new()
    }
    process {
        foreach ($one in $Name) { $values.Add($one) }
    }
    end {
        $entries = [System.Collections.Generic.List[object]]::new()
        foreach ($entry in (ConvertTo-EntryList $PSCmdlet $values)) {
            if ($entry.Type -eq 'group') {
                $message = "'$($entry.Name)' is a group, and the whitelist has only users"
                Write-Failure $PSCmdlet 'refused' $message -Target $entry.Source
                continue
            }
            if ($entry.Until) { $entry.Until = ConvertTo-EndText $entry.Until }
            $entries.Add($entry)
        }
        $arguments = @('whitelist', 'add')
        if ($PSBoundParameters.ContainsKey('Reason')) { $arguments += "--reason=$Reason" }
        if ($PSBoundParameters.ContainsKey('Until')) { $arguments += "--until=$(ConvertTo-UtcText $Until)" }
        if ($PSBoundParameters.ContainsKey('For')) { $arguments += "--until=$(ConvertTo-Duration $For)" }
        $action = 'let connect by plain RDP without a code'
        Invoke-Change $PSCmdlet $arguments $entries $action -Columns @('Name', 'Reason', 'Until')
    }
}
