function Add-Rw2faUser {
    <#
    .SYNOPSIS
    Puts users and groups on the list of those who need a code.
    .DESCRIPTION
    From the next login on they need a code, once two-factor authentication is on (Enable-Rw2fa). At the first
    login, they see a QR code for their authenticator app. Members of a listed group need a code, too.

    Takes everything from the pipeline in one run of the program. Objects keep their type, method, phone number and
    notes; the parameters fill in what they lack. Users of Get-Rw2faUser whom only a group covers are skipped. A name
    that cannot be added is an error, and the others are added. A name that is on the list already is unchanged.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser, of Import-Csv or of a directory. A group stays a group.
    .PARAMETER Group
    Groups.
    .PARAMETER Method
    How they get codes: app (from an authenticator app, the default) or sms. Objects with a method keep theirs.
    .PARAMETER Phone
    The phone number of one user for SMS, such as +33612345678.
    .PARAMETER Notes
    A note.
    .PARAMETER MustExist
    A name that this system does not know is an error. It is a warning otherwise.
    .EXAMPLE
    Add-Rw2faUser alice, 'CORP\bob' -Group 'CORP\Remote Staff'
    .EXAMPLE
    Get-ADGroupMember RemoteStaff | Add-Rw2faUser -MustExist -WhatIf
    .EXAMPLE
    Import-Csv staff.csv | Where-Object site -eq Lyon | Add-Rw2faUser -Notes 'Lyon, May'
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [object[]] $Name = @(),
        [string[]] $Group = @(),
        [ValidateSet('app', 'sms')] [string] $Method,
        [string] $Phone,
        [string] $Notes,
        [switch] $MustExist
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
        if ($Phone -and @($entries | Where-Object { -not $_.Phone }).Count -gt 1) {
            Write-Failure $PSCmdlet 'usage' 'a phone number is for one user, and several have none' -Target $Phone -Hint (
                'call Add-Rw2faUser for each user, or pass objects with a property Phone')
            return
        }
        foreach ($entry in $entries) {
            if (-not $entry.Method) { $entry.Method = $Method }
            if (-not $entry.Phone) { $entry.Phone = $Phone }
            if (-not $entry.Notes) { $entry.Notes = $Notes }
        }
        $arguments = @('users', 'add')
        if ($MustExist) { $arguments += '--must-exist' }
        $columns = 'Name', 'Type', 'Method', 'Phone', 'Notes', 'Listed'
        Invoke-Change $PSCmdlet $arguments $entries 'add to the list: a code is then needed' -Columns $columns
    }
}
