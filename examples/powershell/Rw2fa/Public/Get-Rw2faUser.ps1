function Get-Rw2faUser {
    <#
    .SYNOPSIS
    Gets the users and groups who need a code.
    .DESCRIPTION
    Runs the program once, however many names are passed. Times are local times.

    The objects can be passed to the other functions of this module, and to Export-Csv. Users whom only a listed
    group covers have Listed = $false.
    .PARAMETER Name
    Names, with the wildcard characters * ? [ ], or objects of a directory or of Import-Csv, whose names are
    literal. Without names, all users and groups. A name that is not there is an error; a pattern may match nothing.
    .PARAMETER LiteralName
    Names in which wildcard characters have no meaning.
    .PARAMETER Type
    Only users, or only groups.
    .PARAMETER State
    Only users in these states: none (no app yet), pending (a QR code was shown, but no code typed yet), active or locked.
    .PARAMETER Method
    Only users and groups with this method: app or sms.
    .PARAMETER Detailed
    Adds what the list does not show: enrolment, failed attempts, groups that cover the user, recovery codes and
    grants. Takes longer.
    .EXAMPLE
    Get-Rw2faUser -State locked | Unlock-Rw2faUser
    .EXAMPLE
    Get-Rw2faUser 'CORP\*' -Type user | Export-Csv users.csv -NoTypeInformation
    .EXAMPLE
    Get-Rw2faUser -Type user | Where-Object LastLogin -lt (Get-Date).AddDays(-90)
    #>
    [CmdletBinding(DefaultParameterSetName = 'Name')]
    [OutputType('Rw2fa.User', 'Rw2fa.UserDetail')]
    param(
        [Parameter(Position = 0, ValueFromPipeline, ParameterSetName = 'Name')] [SupportsWildcards()] [object[]] $Name,
        [Parameter(Mandatory, ParameterSetName = 'LiteralName')] [AllowEmptyCollection()] [string[]] $LiteralName,
        [ValidateSet('user', 'group')] [string] $Type,
        [ValidateSet('none', 'pending', 'active', 'locked')] [string[]] $State,
        [ValidateSet('app', 'sms')] [string] $Method,
        [switch] $Detailed
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $values = [System.Collections.Generic.List[object]]::new()
        # An empty pipeline asks for nothing; without names and without a pipeline, everything is wanted.
        $isLiteral = $PSBoundParameters.ContainsKey('LiteralName')
        $isEverything = -not $PSBoundParameters.ContainsKey('Name') -and -not $isLiteral -and -not $MyInvocation.ExpectingInput
        foreach ($one in $LiteralName) { $values.Add($one) }
    }
    process {
        foreach ($one in $Name) { $values.Add($one) }
    }
    end {
        $wanted = ConvertTo-EntryList $PSCmdlet $values
        if ($wanted.Count -eq 0 -and -not $isEverything) { return }
        $document = Read-Rw2fa $PSCmdlet @('users', 'list')
        if ($null -eq $document) { return }
        # Each step has a variable of its own: if one fails, the next must not go on with more entries than are wanted.
        $chosen = @()
        $shown = @()
        $all = @(Get-Field $document 'entries')
        if ($isEverything) { $chosen = $all } else { $chosen = @(Select-Entry $PSCmdlet $all $wanted -IsLiteral:$isLiteral) }
        $shown = @(foreach ($entry in $chosen) {
            if ($Type -and $entry.type -ne $Type) { continue }
            if ($State -and $entry.state -notin $State) { continue }
            if ($Method -and $entry.method -ne $Method) { continue }
            $entry
        })
        if ($Detailed) {
            foreach ($entry in (Read-UserDetail $PSCmdlet $shown)) { ConvertTo-UserDetail $entry }
        } else {
            ConvertTo-User $shown
        }
    }
}
