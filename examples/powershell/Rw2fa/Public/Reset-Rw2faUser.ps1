function Reset-Rw2faUser {
    <#
    .SYNOPSIS
    Deletes users' secrets: the next login shows a new QR code.
    .DESCRIPTION
    Also ends lockouts and grants, and deletes recovery codes and temporary codes. Keeps the method and the phone
    number. Anyone with the password can then enrol: if a phone was lost or stolen, use New-Rw2faEnrolment -LostPhone.

    Takes everything from the pipeline in one run of the program. A name that is not known is an error, and the
    others are reset.
    .PARAMETER Name
    Users, or objects of Get-Rw2faUser, of Import-Csv or of a directory. A group means all its members who have enrolled.
    .PARAMETER Group
    Groups: all their members who have enrolled.
    .EXAMPLE
    Reset-Rw2faUser alice
    .EXAMPLE
    Get-Rw2faUser 'CORP\*' -Type user | Reset-Rw2faUser -WhatIf
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType('Rw2fa.Change')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [object[]] $Name = @(),
        [string[]] $Group = @()
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
        Invoke-Change $PSCmdlet @('users', 'reset') $entries 'delete the secret: the next login shows a new QR code'
    }
}
