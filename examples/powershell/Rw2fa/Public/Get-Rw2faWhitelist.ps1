function Get-Rw2faWhitelist {
    <#
    .SYNOPSIS
    Gets the users who may connect by plain RDP without a code.
    .DESCRIPTION
    State is valid or expired; an expired entry has no effect. Times are local; Until is empty if the entry has no end.
    .PARAMETER Name
    The users, all of them if it is missing. Wildcards are allowed. A name that is not on the whitelist is an error; a
    pattern may match nothing.
    .EXAMPLE
    Get-Rw2faWhitelist | Where-Object State -eq expired | Remove-Rw2faWhitelist
    .EXAMPLE
    Get-Rw2faWhitelist | Where-Object { -not $_.Until }

    Gets the entries without an end.
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.WhitelistEntry')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)] [SupportsWildcards()] [AllowEmptyCollection()] [object[]] $Name
    )
    begin {
        Use-CallerPreference $PSCmdlet
        $isEverything = -not $PSBoundParameters.ContainsKey('Name') -and -not $MyInvocation.ExpectingInput
        $wanted = [System.Collections.Generic.List[object]]::new()
    }
    process {
        foreach ($one in $Name) {
            $entry = ConvertTo-Entry $PSCmdlet $one
            # The whitelist has no groups.
            if ($null -ne $entry -and $entry.Type -eq 'user') { $wanted.Add($entry) }
        }
    }
    end {
        if ($wanted.Count -eq 0 -and -not $isEverything) { return }
        $document = Read-Rw2fa $PSCmdlet @('whitelist', 'list')
        if ($null -eq $document) { return }
        $byKey = [ordered]@{}
        foreach ($entry in (Get-Field $document 'entries')) { $byKey[(ConvertTo-NameKey $entry.name)] = $entry }
        $keys = if ($isEverything) { @($byKey.Keys) } else {
            @(foreach ($one in $wanted) {
                $key = ConvertTo-NameKey $one.Name
                if ($byKey.Contains($key)) {
                    $key
                } elseif ($one.Source -is [string] -and [WildcardPattern]::ContainsWildcardCharacters($key)) {
                    $byKey.Keys | Where-Object { $_ -like $key }
                } else {
                    Write-Failure $PSCmdlet 'not-found' "no whitelist entry is called '$($one.Name)'" -Target $one.Source -Hint (
                        'Get-Rw2faWhitelist without a name shows all of them')
                }
            })
        }
        $given = [System.Collections.Generic.HashSet[string]]::new()
        foreach ($key in $keys) {
            if (-not $given.Add($key)) { continue }
            $entry = $byKey[$key]
            [pscustomobject]@{
                PSTypeName = 'Rw2fa.WhitelistEntry'
                Name       = $entry.name
                Reason     = $entry.reason
                Until      = ConvertTo-LocalTime $entry.until
                State      = $entry.state
                Added      = ConvertTo-LocalTime $entry.added
            }
        }
    }
}
