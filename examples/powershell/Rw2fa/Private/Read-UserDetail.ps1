# Reads what the list does not have, for each of these entries. The command takes names as arguments, so it runs
# once for as many as a command line can hold. Returns the documents of the entries.
function Read-UserDetail {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object[]] $Entries)
    # Windows allows 32,767 characters; quoting can double a name.
    $most = 12000
    $next = 0
    while ($next -lt $Entries.Count) {
        $names = [System.Collections.Generic.List[string]]::new()
        $groups = [System.Collections.Generic.List[string]]::new()
        $length = 0
        while ($next -lt $Entries.Count -and $length -lt $most) {
            $entry = $Entries[$next]
            if ($entry.type -eq 'group') { $groups.Add("--group=$($entry.name)") } else { $names.Add($entry.name) }
            $length += $entry.name.Length + 12
            $next += 1
        }
        $document = Read-Rw2fa $Cmdlet (@('users', 'show') + $groups + @('--') + $names)
        Get-Field $document 'users'
    }
}
