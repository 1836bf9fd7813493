# Does what ConvertTo-Entry does for a command that takes one user. Reports a group, and returns nothing: there may
# be a user of the same name.
function ConvertTo-UserEntry {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [object] $Value)
    $entry = ConvertTo-Entry $Cmdlet $Value
    if ($null -ne $entry -and $entry.Type -eq 'group') {
        Write-Failure $Cmdlet 'usage' "'$($entry.Name)' is a group: only users have codes" -Target $Value
        return
    }
    $entry
}
