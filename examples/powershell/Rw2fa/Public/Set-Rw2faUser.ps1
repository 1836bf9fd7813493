function Set-Rw2faUser {
    <#
    .SYNOPSIS
    Changes the method, phone number or notes of users and groups.
    .DESCRIPTION
    Secrets are kept: a user who changes back to an authenticator app uses the one that was set up before. Of
    objects from the pipeline, only the name and the type matter; the parameters say what to change.

    Takes everything from the pipeline in one run of the program. A name that is not listed is an error, and the
    others are changed. Users whom only a group covers are skipped.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser, of Import-Csv or of a directory. A group stays a group.
    .PARAMETER Group
    Groups.
    .PARAMETER Method
    How they get codes: app (from an authenticator app) or sms.
    .PARAMETER Phone
    The phone number of one user for SMS, such as +33612345678. An empty text deletes it.
    .PARAMETER Notes
    A note. An empty text deletes it.
    .EXAMPLE
    Set-Rw2faUser alice -Method sms -Phone +33612345678
    .EXAMPLE
    Get-Rw2faUser 'CORP\*' | Set-Rw2faUser -Notes ''
    .EXAMPLE
    Import-Csv phones.csv | ForEach-Object { Set-Rw2faUser $_.name -Phone $_.phone }
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [object[]] $Name = @(),
        [string[]] $Group = @(),
        [ValidateSet('app', 'sms')] [string] $Method,
        [AllowEmptyString()] [string] $Phone,
        [AllowEmptyString()] [string] $Notes
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $values = [System.Collections.Generic.List[object]]::new()
        $hasPhone = $PSBoundParameters.ContainsKey('Phone')
        $arguments = @('users', 'edit')
        if ($Method) { $arguments += "--method=$($Method.ToLowerInvariant())" }
        if ($PSBoundParameters.ContainsKey('Notes')) { $arguments += "--notes=$Notes" }
        if ($hasPhone) { $arguments += "--phone=$Phone" }
    }
    process {
        foreach ($one in $Name) { $values.Add($one) }
    }
    end {
        $entries = ConvertTo-EntryList $PSCmdlet $values $Group
        if ($arguments.Count -eq 2) {
            Write-Failure $PSCmdlet 'usage' 'nothing to change' -Hint 'use -Method, -Phone or -Notes'
            return
        }
        $action = @(
            if ($Method) { "set the method to $Method" }
            if ($hasPhone) { if ($Phone) { "set the phone number to $Phone" } else { 'delete the phone number' } }
            if ($PSBoundParameters.ContainsKey('Notes')) { if ($Notes) { 'set the notes' } else { 'delete the notes' } }
        ) -join ', '
        if (-not $hasPhone) {
            Invoke-Change $PSCmdlet $arguments $entries $action -Columns 'Name', 'Type', 'Listed'
        } elseif ($entries.Count -eq 1) {
            # The program takes a phone number for one user, who is not in a list.
            $which = if ($entries[0].Type -eq 'group') { , "--group=$($entries[0].Name)" } else { '--', $entries[0].Name }
            Invoke-SingleChange $PSCmdlet ($arguments + $which) $entries[0].Name $action -Source $entries[0].Source
        } elseif ($entries.Count -gt 1) {
            $what = "a phone number is for one user, and these are $($entries.Count)"
            Write-Failure $PSCmdlet 'usage' $what -Target $Phone -Hint 'call Set-Rw2faUser for each user'
        }
    }
}
