<#
.SYNOPSIS
Keeps the list of rw2fa in step with groups of the directory.
.DESCRIPTION
Run it every night. Members who are not listed yet are added. A user who has left the groups is removed from the
list after a grace period, and so needs no code any more: close the accounts of leavers in the directory. Name all
groups in one run: a run for each group would remove users whom another one added.

Users who were never seen in a group, such as those listed by hand, stay on the list unless -IncludeOthers is
given. Groups on the list stay as they are.

If the directory does not answer, answers with an error or with nobody, or a member cannot be added, the script
removes no one. It also refuses to remove more than -MostPercent of the list at once. While one run is at work, another
one with the same state file fails.

Prints a line for each change. Exit code 0 means that all is done, 1 that something failed.
.PARAMETER Group
Groups of Active Directory. Their members are those of Get-ADGroupMember -Recursive that are users.
.PARAMETER Members
A script block that returns the members, or the members themselves: names, or objects with SamAccountName or Name.
.PARAMETER StatePath
The file that remembers who has left, and since when.
.PARAMETER GraceDays
For how many days a user who has left the groups stays on the list.
.PARAMETER MostPercent
The largest part of the listed users that one run may remove.
.PARAMETER Force
Removes more than -MostPercent.
.PARAMETER IncludeOthers
Also removes, after the grace period, listed users who were never seen in a group.
.EXAMPLE
./Sync-Group.ps1 'Remote Staff', 'Contractors' -StatePath C:\ProgramData\rw2fa-sync\state.csv
.EXAMPLE
./Sync-Group.ps1 -Members { Get-Content staff.txt -ErrorAction Stop } -StatePath /var/lib/rw2fa-sync/state.csv -WhatIf
#>
[CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Group')]
param(
    [Parameter(Mandatory, Position = 0, ParameterSetName = 'Group')] [string[]] $Group,
    [Parameter(Mandatory, ParameterSetName = 'Members')] [AllowEmptyCollection()] [AllowNull()] [object[]] $Members,
    [string] $StatePath = "$PSScriptRoot/Sync-Group.csv",
    [ValidateRange(0, 3650)] [double] $GraceDays = 7,
    [ValidateRange(0, 100)] [double] $MostPercent = 20,
    [switch] $Force,
    [switch] $IncludeOthers
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$lock = $null

# Ends the script as failed.
function Stop-Sync {
    param([string] $Message)
    [Console]::Error.WriteLine("error: $Message")
    if ($null -ne $lock) { $lock.Dispose() }
    exit 1
}

# The form in which spellings of one name are equal.
function Get-NameKey {
    param([string] $Name)
    $Name.Normalize([System.Text.NormalizationForm]::FormKC).Trim().ToLowerInvariant()
}

# The account name of a member; in a directory, Name is what people read.
function Get-MemberName {
    param([object] $Member)
    if ($Member -is [string] -or $Member -is [System.ValueType]) { return [string] $Member }
    foreach ($field in 'SamAccountName', 'Name') {
        $property = $Member.PSObject.Properties[$field]
        if ($null -ne $property -and $property.Value) { return [string] $property.Value }
    }
    throw "a member has no name: $Member"
}

# Reads who has left and since when, in UTC: '' for a user who is in the group.
function Read-State {
    param([string] $Path)
    $state = [System.Collections.Generic.Dictionary[string, string]]::new()
    if (-not (Test-Path -LiteralPath $Path)) { return $state }
    foreach ($row in (Import-Csv -LiteralPath $Path -Encoding UTF8)) {
        if ($row.missing_since) { $null = ConvertTo-Utc $row.missing_since }
        $state[$row.name] = $row.missing_since
    }
    $state
}

function ConvertTo-Utc {
    param([string] $Text)
    $style = [System.Globalization.DateTimeStyles]::RoundtripKind
    [datetime]::ParseExact($Text, 'o', [cultureinfo]::InvariantCulture, $style).ToUniversalTime()
}

# Replaces the file in one step, so that no interruption leaves half of it.
function Write-State {
    param([System.Collections.Generic.Dictionary[string, string]] $State, [string] $Path)
    $lines = @('"name","missing_since"')
    foreach ($name in ($State.Keys | Sort-Object)) { $lines += '"' + $name.Replace('"', '""') + '","' + $State[$name] + '"' }
    $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    [System.IO.File]::WriteAllLines("$full.new", [string[]] $lines)
    if ([System.IO.File]::Exists($full)) {
        [System.IO.File]::Replace("$full.new", $full, [NullString]::Value)
    } else {
        [System.IO.File]::Move("$full.new", $full)
    }
}

try {
    # The module is in the directory beside this one, or is installed.
    $module = "$PSScriptRoot/../Rw2fa/Rw2fa.psd1"
    if (-not (Test-Path -LiteralPath $module)) { $module = 'Rw2fa' }
    Import-Module $module

    $source = if ($PSCmdlet.ParameterSetName -eq 'Group') {
        { $Group | ForEach-Object { Get-ADGroupMember -Identity $_ -Recursive } | Where-Object { $_.objectClass -eq 'user' } }
    } elseif (@($Members).Count -eq 1 -and $Members[0] -is [scriptblock]) {
        $Members[0]
    } else {
        { $Members }
    }
    # A program in the script block reports a failure by its exit code.
    $global:LASTEXITCODE = 0
    $found = @(& $source 2>&1 | Where-Object { $null -ne $_ -and ($_ -isnot [string] -or $_.Trim()) })
} catch {
    Stop-Sync $_.Exception.Message
}
$problem = $found | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Select-Object -First 1
if ($null -ne $problem) { Stop-Sync "the members are not known: $($problem.Exception.Message)" }
if ($LASTEXITCODE -ne 0) { Stop-Sync "the members are not known: a program ended with exit code $LASTEXITCODE" }
if ($found.Count -eq 0) { Stop-Sync 'the group has no members, so nothing was changed' }

# A second run would forget what this one remembers. A preview writes nothing, not even this file.
if (-not $WhatIfPreference) {
    $path = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($StatePath) + '.lock'
    try {
        $lock = [System.IO.File]::Open($path, 'OpenOrCreate', 'ReadWrite', 'None')
    } catch {
        Stop-Sync "another run is at work, or $path cannot be opened: $($_.Exception.GetBaseException().Message)"
    }
}
try {
    $state = Read-State $StatePath
} catch {
    Stop-Sync "$StatePath cannot be read: $($_.Exception.Message). Correct it, or delete it: the grace periods then begin again"
}
try {
    $listed = @(Get-Rw2faUser -Type user | Where-Object { $_.Listed })
    $byKey = @{}
    foreach ($user in $listed) { $byKey[(Get-NameKey $user.Name)] = $user }

    $inGroup = [System.Collections.Generic.HashSet[string]]::new()
    $new = [System.Collections.Generic.List[string]]::new()
    foreach ($member in $found) {
        $name = Get-MemberName $member
        $class = $member.PSObject.Properties['objectClass']
        if ($null -ne $class -and @($class.Value) -contains 'group') { throw "$name is a group: list its members" }
        $key = Get-NameKey $name
        if ($inGroup.Add($key) -and -not $byKey.ContainsKey($key)) { $new.Add($name) }
    }
} catch {
    Stop-Sync $_.Exception.Message
}

# Errors are shown, and the other members are added.
$failures = [System.Collections.ArrayList]::new()
$added = @($new | Add-Rw2faUser -Confirm:$false -ErrorAction Continue -ErrorVariable failures)
foreach ($change in $added) {
    $null = $inGroup.Add((Get-NameKey $change.Name))
    "$($change.Result): $($change.Name)"
}

$now = [datetime]::UtcNow
$leavers = [System.Collections.Generic.List[string]]::new()
$next = [System.Collections.Generic.Dictionary[string, string]]::new()
foreach ($change in $added) { $next[$change.Name] = '' }
foreach ($user in $listed) {
    if ($inGroup.Contains((Get-NameKey $user.Name))) {
        $next[$user.Name] = ''
        continue
    }
    if (-not $state.ContainsKey($user.Name) -and -not $IncludeOthers) { continue }
    $since = if ($state.ContainsKey($user.Name)) { $state[$user.Name] } else { '' }
    if (-not $since) {
        $since = $now.ToString('o', [cultureinfo]::InvariantCulture)
        if ($GraceDays -gt 0) { "left the group: $($user.Name), will be removed in $GraceDays days" }
    }
    $next[$user.Name] = $since
    if (($now - (ConvertTo-Utc $since)).TotalDays -ge $GraceDays) { $leavers.Add($user.Name) }
}

$isFailed = $failures.Count -gt 0
if ($leavers.Count -gt 0) {
    if ($isFailed) {
        [Console]::Error.WriteLine('error: not every member could be added, so no user was removed')
    } elseif (100 * $leavers.Count / $listed.Count -gt $MostPercent -and -not $Force) {
        $isFailed = $true
        [Console]::Error.WriteLine("error: $($leavers.Count) of $($listed.Count) users would be removed, " +
            "more than $MostPercent %; if that is right, use -Force: $($leavers -join ', ')")
    } else {
        $failures = [System.Collections.ArrayList]::new()
        $removed = @($leavers | Remove-Rw2faUser -Confirm:$false -ErrorAction Continue -ErrorVariable failures)
        foreach ($change in $removed) {
            "$($change.Result): $($change.Name)"
            $null = $next.Remove($change.Name)
        }
        $isFailed = $failures.Count -gt 0
    }
}
try {
    if ($PSCmdlet.ShouldProcess($StatePath, 'remember who has left the group')) { Write-State $next $StatePath }
} catch {
    Stop-Sync "$StatePath cannot be written: $($_.Exception.Message)"
}
if ($null -ne $lock) { $lock.Dispose() }
if ($isFailed) { exit 1 }
exit 0
