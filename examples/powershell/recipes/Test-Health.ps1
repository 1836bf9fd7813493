<#
.SYNOPSIS
Checks rw2fa, for a scheduled task or a monitoring system.
.DESCRIPTION
Prints each finding, and how to fix it. Findings of severity 'info' are shown with -Verbose.

Exit code 0 means that there is no error, and with -Strict no warning either. Exit code 1 means that there is one, or that
rw2fa could not be checked: the module or the program is missing, or did not answer.
.PARAMETER Strict
A warning leads to exit code 1, too.
.EXAMPLE
./Test-Health.ps1
.EXAMPLE
./Test-Health.ps1 -Strict -Verbose
#>
[CmdletBinding()]
param([switch] $Strict)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

try {
    # The module is in the directory beside this one, or is installed.
    $module = "$PSScriptRoot/../Rw2fa/Rw2fa.psd1"
    if (-not (Test-Path -LiteralPath $module)) { $module = 'Rw2fa' }
    Import-Module $module -Verbose:$false

    $findings = @(Test-Rw2faHealth)
} catch {
    [Console]::Error.WriteLine("error: rw2fa was not checked: $($_.Exception.Message)")
    exit 1
}
$count = @{ error = 0; warning = 0; info = 0 }
foreach ($finding in $findings) {
    # A severity that this script does not know is no reason to be calm.
    $severity = if ($count.ContainsKey([string] $finding.Severity)) { $finding.Severity } else { 'error' }
    $count[$severity] += 1
    $lines = @("${severity}: $($finding.Check): $($finding.Message)")
    if ($finding.Remedy) { $lines += "    fix: $($finding.Remedy)" }
    if ($severity -eq 'info') { $lines | Write-Verbose } else { $lines }
}
"errors: $($count.error), warnings: $($count.warning)"
if ($count.error -gt 0 -or ($Strict -and $count.warning -gt 0)) { exit 1 }
exit 0
