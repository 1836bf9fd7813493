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

# Groups entries of the list by the key of their names: all of them, or those with these keys. A user and a group may
# have the same name.
function Group-Entry {
    param([AllowEmptyCollection()] [object[]] $Entries, [System.Collections.Generic.HashSet[string]] $Keys)
    $byKey = [System.Collections.Generic.Dictionary[string, object]]::new([System.StringComparer]::Ordinal)
    # The store has names in lower case, and most are ASCII.
    $other = [regex] '[^ -@\[-~]'
    foreach ($entry in $Entries) {
        $key = $entry.name
        if ($other.IsMatch($key)) { $key = ConvertTo-NameKey $key }
        if ($null -ne $Keys -and -not $Keys.Contains($key)) { continue }
        # Two at most, as a rule.
        if ($byKey.ContainsKey($key)) { $byKey[$key] += , $entry } else { $byKey[$key] = @($entry) }
    }
    # The comma keeps PowerShell from returning the pairs one by one.
    , $byKey
}

# Returns the entries of the list that callers ask for: each one once, in the order in which they are asked for.
# A wanted name is an entry, with Source, the value that was passed. A text means a user and a group, and may be a
# pattern unless IsLiteral; an object means what it is. Reports literal names that are not there.
function Select-Entry {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [AllowEmptyCollection()] [object[]] $Entries,
        [System.Collections.IList] $Wanted,
        [switch] $IsLiteral
    )
    $keys = [System.Collections.Generic.List[string]]::new()
    foreach ($one in $Wanted) { $keys.Add((ConvertTo-NameKey $one.Name)) }
    $byKey = Group-Entry $Entries ([System.Collections.Generic.HashSet[string]]::new($keys, [System.StringComparer]::Ordinal))
    $all = $null
    $given = [System.Collections.Generic.HashSet[object]]::new()
    $options = [System.Management.Automation.WildcardOptions] 'IgnoreCase, CultureInvariant'
    $found = $null
    for ($at = 0; $at -lt $keys.Count; $at++) {
        $one = $Wanted[$at]
        $key = $keys[$at]
        $isText = $one.Source -is [string]
        # A name may contain wildcard characters, so the name itself comes first.
        $isThere = $byKey.TryGetValue($key, [ref] $found)
        if ($isThere -and -not $isText) {
            $found = @($found | Where-Object { $_.type -eq $one.Type })
            $isThere = $found.Count -gt 0
        }
        if (-not $isThere) {
            $found = @()
            if ($isText -and -not $IsLiteral -and [WildcardPattern]::ContainsWildcardCharacters($one.Name)) {
                if ($null -eq $all) { $all = Group-Entry $Entries }
                try {
                    $pattern = [WildcardPattern]::new($key, $options)
                    $found = @(foreach ($pair in $all.GetEnumerator()) { if ($pattern.IsMatch($pair.Key)) { $pair.Value } })
                } catch [System.Management.Automation.WildcardPatternException] {
                    Write-Failure $Cmdlet 'usage' "'$($one.Name)' is not a valid pattern" -Target $one.Source -Hint (
                        'use -LiteralName for a name with wildcard characters')
                }
            } else {
                $what = if ($isText) { 'user or group' } else { $one.Type }
                Write-Failure $Cmdlet 'not-found' "no $what is called '$($one.Name)'" -Target $one.Source -Hint (
                    'Get-Rw2faUser without a name lists all of them')
            }
        }
        foreach ($entry in $found) { if ($given.Add($entry)) { $entry } }
    }
}
