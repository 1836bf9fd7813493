<#
.SYNOPSIS
Takes users who leave off the list and off the whitelist.
.DESCRIPTION
Close the accounts in the directory first: a user who is not listed needs no code.

Reads names from a CSV file. Ends the users' grants, then removes them from the list and the whitelist, and returns
an object for each name with what was done. Failures are errors; the other names are still processed. A name that is
on neither list is reported as such, and is a failure with -MustExist: it may be misspelt.

Exit code 0 means that every name was processed, 1 that something failed. The script can be run again.
.PARAMETER Path
The CSV file, in UTF-8. The column 'name' or 'SamAccountName' has the names.
.PARAMETER Delimiter
The sign between columns.
.PARAMETER MustExist
A name that is on neither list is a failure.
.EXAMPLE
./Invoke-OffBoarding.ps1 leavers.csv -WhatIf
.EXAMPLE
./Invoke-OffBoarding.ps1 leavers.csv -Delimiter ';' -MustExist | Export-Csv done.csv -NoTypeInformation
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory, Position = 0)] [string] $Path,
    [char] $Delimiter = ',',
    [switch] $MustExist
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

try {
    # The module is in the directory beside this one, or is installed.
    $module = "$PSScriptRoot/../Rw2fa/Rw2fa.psd1"
    if (-not (Test-Path -LiteralPath $module)) { $module = 'Rw2fa' }
    Import-Module $module

    $names = [System.Collections.Generic.List[string]]::new()
    $seen = [System.Collections.Generic.HashSet[string]]::new([System.StringComparer]::OrdinalIgnoreCase)
    $number = 1
    foreach ($row in @(Import-Csv -LiteralPath $Path -Delimiter $Delimiter -Encoding UTF8)) {
        $number += 1
        $type = $row.PSObject.Properties['type']
        if ($null -ne $type -and $type.Value -eq 'group') { throw "row $number is a group: only users leave" }
        $fields = @('SamAccountName', 'name' | ForEach-Object { $row.PSObject.Properties[$_] } | Where-Object { $null -ne $_ })
        if ($fields.Count -eq 0) { throw "$Path has no column 'name' or 'SamAccountName'; is the delimiter '$Delimiter'?" }
        $name = [string] $fields[0].Value
        if (-not $name.Trim()) { throw "row $number has no name" }
        if ($seen.Add($name.Trim())) { $names.Add($name) }
    }
} catch {
    [Console]::Error.WriteLine("error: $($_.Exception.Message); nothing was changed")
    exit 1
}

# Runs one step for all names. Adds what it did to the report, and shows and counts failures.
$report = [ordered]@{}
$failed = 0
$shown = [System.Collections.Generic.HashSet[string]]::new()
function Add-Step {
    param([string] $Column, [scriptblock] $Step)
    $errors = [System.Collections.ArrayList]::new()
    $changes = @($names | & $Step)
    foreach ($change in $changes) {
        $line = Get-Line $change.Name
        $line.$Column = $change.Result -replace '.*unchanged$', 'none'
        # A listed group still makes the user need a code, if the account is open.
        if ($change.CoveredBy) { $line.CoveredBy = $change.CoveredBy }
    }
    foreach ($failure in $errors) {
        if ($failure.TargetObject -is [string]) { $line = Get-Line $failure.TargetObject } else { $line = $null }
        if ($Column -eq 'Grants' -and $failure.FullyQualifiedErrorId -like 'Rw2fa.not-found,*') {
            # A user who is not known has no grants.
            $line.Grants = 'none'
            continue
        }
        if ($null -ne $line) { $line.$Column = 'failed' }
        $script:failed += 1
        # One step fails as the others do. A name must not control the terminal.
        $message = "error: $($failure.TargetObject): $failure" -replace '\p{C}', '?'
        if ($shown.Add($message)) { [Console]::Error.WriteLine($message) }
    }
}

# Returns the line of a name, in whatever spelling.
function Get-Line {
    param([string] $Name)
    $key = $Name.Normalize([System.Text.NormalizationForm]::FormKC).Trim().ToLowerInvariant()
    if (-not $report.Contains($key)) {
        $report[$key] = [pscustomobject]@{ Name = $Name; List = ''; Whitelist = ''; Grants = ''; CoveredBy = '' }
    }
    $report[$key]
}

$common = @{ Confirm = $false; ErrorAction = 'SilentlyContinue'; ErrorVariable = '+errors' }
Add-Step Grants { $input | Revoke-Rw2faGrant @common }
Add-Step List { $input | Remove-Rw2faUser -IgnoreMissing @common }
Add-Step Whitelist { $input | Remove-Rw2faWhitelist -IgnoreMissing @common }

foreach ($line in $report.Values) {
    $line
    if (@($line.List, $line.Whitelist) -match 'removed|failed') { continue }
    if ($MustExist) { $failed += 1 }
    [Console]::Error.WriteLine("$(if ($MustExist) { 'error' } else { 'note' }): $($line.Name) is on neither list")
}
if ($failed -gt 0) { exit 1 }
exit 0
