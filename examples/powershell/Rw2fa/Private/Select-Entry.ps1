# Returns the key under which spellings of one name are equal: case, the forms of Unicode and blanks around the
# name do not matter.
function ConvertTo-NameKey {
    param([string] $Name)
    try { $Name = $Name.Normalize([System.Text.NormalizationForm]::FormKC) } catch {
        # A text that is not valid Unicode is compared as it is.
        Write-Debug $_.Exception.Message
    }
    $Name.Trim().ToLowerInvariant()
}

# Groups entries of the list by the key of their names. A user and a group may have the same name.
function Group-Entry {
    param([AllowEmptyCollection()] [object[]] $Entries)
    $byKey = [System.Collections.Generic.Dictionary[string, object]]::new([System.StringComparer]::Ordinal)
    foreach ($entry in $Entries) {
        $key = $entry.name
        # The store has names in lower case, and most are ASCII.
        if ($key -cmatch '[^ -@\[-~]') { $key = ConvertTo-NameKey $key }
        # Two at most, as a rule.
        if ($byKey.ContainsKey($key)) { $byKey[$key] += , $entry } else { $byKey[$key] = @($entry) }
    }
    # The comma keeps PowerShell from returning the pairs one by one.
    , $byKey
}

# Returns the entries of the list that callers ask for: each one once, in the order in which they are asked for.
# A wanted name is an object with Name, Type ('' for both), IsLiteral and Source, the value that was passed.
# Reports literal names that are not there.
function Select-Entry {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [AllowEmptyCollection()] [object[]] $Entries,
        [object[]] $Wanted
    )
    $byKey = Group-Entry $Entries
    $given = [System.Collections.Generic.HashSet[object]]::new()
    $options = [System.Management.Automation.WildcardOptions] 'IgnoreCase, CultureInvariant'
    foreach ($one in $Wanted) {
        $key = ConvertTo-NameKey $one.Name
        $found = $null
        # A name may contain wildcard characters, so the name itself comes first.
        if ($byKey.ContainsKey($key)) { $found = @($byKey[$key] | Where-Object { $one.Type -in '', $_.type }) }
        if (-not $found -and -not $one.IsLiteral -and [WildcardPattern]::ContainsWildcardCharacters($one.Name)) {
            try {
                $pattern = [WildcardPattern]::new($key, $options)
                $found = @(foreach ($pair in $byKey.GetEnumerator()) { if ($pattern.IsMatch($pair.Key)) { $pair.Value } })
            } catch [System.Management.Automation.WildcardPatternException] {
                Write-Failure $Cmdlet 'usage' "'$($one.Name)' is not a valid pattern" -Target $one.Source -Hint (
                    'use -LiteralName for a name with wildcard characters')
            }
        } elseif (-not $found) {
            $what = if ($one.Type) { $one.Type } else { 'user or group' }
            Write-Failure $Cmdlet 'not-found' "no $what is called '$($one.Name)'" -Target $one.Source -Hint (
                'Get-Rw2faUser without a name lists all of them')
        }
        foreach ($entry in $found) { if ($given.Add($entry)) { $entry } }
    }
}
