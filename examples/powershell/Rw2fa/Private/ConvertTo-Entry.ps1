# What a cell of a list holds in most cases, and what needs neither quotes nor an apostrophe.
$script:PlainCell = [regex] '\A[\w.\\][\w.\\@-]*\z'

# Turns what callers pass into entries: tables with Name, Type, Method, Phone, Notes, Listed, Until, Reason and Source,
# the value that was passed. Returns them as one list, those of groups first. Reports an error for each value that is
# not a name, and goes on with the others.
#
# Lists are long, and PowerShell is slow where a function is called for each value: plain names, which most are, need
# none. For the same reason an entry is a hashtable, and not an object.
function ConvertTo-EntryList {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [AllowEmptyCollection()] [AllowNull()] [System.Collections.IList] $Values,
        [AllowEmptyCollection()] [AllowNull()] [string[]] $Group = @()
    )
    $entries = [System.Collections.Generic.List[object]]::new()
    $plain = $script:PlainCell
    foreach ($value in $Group) {
        $entry = ConvertTo-Entry $Cmdlet $value 'group'
        if ($null -ne $entry) { $entries.Add($entry) }
    }
    foreach ($value in $Values) {
        if ($value -is [string] -and $plain.IsMatch($value)) {
            $entries.Add(@{
                    Name = $value; Type = 'user'; Method = ''; Phone = ''; Notes = ''; Listed = ''; Until = ''; Reason = ''
                    Source = $value
                })
        } else {
            $entry = ConvertTo-Entry $Cmdlet $value
            if ($null -ne $entry) { $entries.Add($entry) }
        }
    }
    # The comma keeps PowerShell from returning the entries one by one.
    , $entries
}

# Turns one value into an entry. Takes names, objects of Get-Rw2faUser, rows of Import-Csv, and accounts and groups of a
# directory or of this computer. Returns nothing, and reports an error, if there is no name.
function ConvertTo-Entry {
    param($Cmdlet, $Value, $Type = 'user')
    $entry = @{
        Name = ''; Type = $Type; Method = ''; Phone = ''; Notes = ''; Listed = ''; Until = ''; Reason = ''; Source = $Value
    }
    if ($Value -is [psobject]) { $base = $Value.PSObject.BaseObject } else { $base = $Value }
    if ($base -is [string]) {
        $entry.Name = $base
    } elseif ($base -is [System.ValueType]) {
        # 007 without quotes arrives here as 7: another user.
        Write-Failure $Cmdlet 'entry' "PowerShell read this name as the number or value ${base}: put it in quotes" -Target $Value
        return
    } elseif ($null -ne $Value) {
        # Lists are long, and a call for each property takes most of the time.
        $fields = if ($base -is [System.Collections.IDictionary]) { [pscustomobject] $base } else { $Value }
        $properties = $fields.PSObject.Properties
        # In a directory, Name is what people read; SamAccountName is the account.
        foreach ($field in 'SamAccountName', 'Name') {
            $property = $properties[$field]
            if ($null -ne $property -and [string] $property.Value) { $entry.Name = [string] $property.Value; break }
        }
        foreach ($field in 'Method', 'Phone', 'Notes', 'Listed', 'Reason', 'Until') {
            $property = $properties[$field]
            if ($null -eq $property -or $null -eq $property.Value) { continue }
            $text = $property.Value
            if ($text -is [datetime]) { $text = ConvertTo-UtcText $text }
            $entry[$field] = [string] $text
        }
        $classes = foreach ($field in 'Type', 'ObjectClass', 'StructuralObjectClass') {
            $property = $properties[$field]
            if ($null -ne $property) { $property.Value }
        }
        if ($classes -contains 'group') { $entry.Type = 'group' }
    }
    if (-not $entry.Name.Trim()) {
        Write-Failure $Cmdlet 'entry' 'this is not a name, and has no property Name or SamAccountName' -Target $Value
        return
    }
    # The program would refuse the whole list.
    if ($entry.Name.IndexOf([char] 0) -ge 0) {
        Write-Failure $Cmdlet 'entry' 'a name cannot contain NUL' -Target $Value
        return
    }
    $entry
}

# Formats a cell of a list. An apostrophe guards what a spreadsheet would take for a formula, and is removed
# when the list is read.
function ConvertTo-Cell {
    param([string] $Text)
    if ($Text -match "^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]" -and $Text -notmatch "^'*[+\-]?[0-9.]*\z") { $Text = "'" + $Text }
    if ($Text -match '[",;\t\r\n]' -or $Text -ne $Text.Trim()) { return '"' + $Text.Replace('"', '""') + '"' }
    $Text
}
