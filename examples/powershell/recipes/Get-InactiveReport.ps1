<#
.SYNOPSIS
Reports who has not set up a second factor, and who has not signed in for a long time.
.DESCRIPTION
Prints CSV, or writes it to a file: name, reason, state, method, added, last_login, notes. A reason is
'not enrolled', 'never signed in' or 'no login for 90 days'. Dates are local. Text that a spreadsheet would run as a
formula gets an apostrophe in front.

A file is replaced in one step: if the script fails, the previous report is still there. Exit code 0 means that the
report is complete, whether it has lines or not; 1 that it could not be made.
.PARAMETER Days
Reports users whose last login is longer ago than this.
.PARAMETER Path
The file to write, in UTF-8. Without it, the report is printed.
.EXAMPLE
./Get-InactiveReport.ps1 -Path inactive.csv
.EXAMPLE
./Get-InactiveReport.ps1 -Days 30 | ConvertFrom-Csv | Where-Object reason -ne 'not enrolled'
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)] [ValidateRange(1, 36500)] [int] $Days = 90,
    [string] $Path
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function ConvertTo-Text {
    param([object] $Value)
    if ($Value -is [datetime]) { return $Value.ToString('yyyy-MM-dd HH:mm', [cultureinfo]::InvariantCulture) }
    $text = [string] $Value
    if ($text -match "^'*[=+\-@\t\r\n]") { return "'" + $text }
    $text
}

try {
    # The module is in the directory beside this one, or is installed.
    $module = "$PSScriptRoot/../Rw2fa/Rw2fa.psd1"
    if (-not (Test-Path -LiteralPath $module)) { $module = 'Rw2fa' }
    Import-Module $module

    $limit = (Get-Date).AddDays(-$Days)
    # A warning must not become a line of the report.
    $warnings = [System.Collections.ArrayList]::new()
    $users = @(Get-Rw2faUser -Type user -Detailed -WarningAction SilentlyContinue -WarningVariable warnings)
    foreach ($warning in $warnings) { [Console]::Error.WriteLine("warning: $warning") }
    $rows = foreach ($user in $users) {
        $reason = if ($user.Enrolment -ne 'active' -and $user.Method -ne 'sms') {
            'not enrolled'
        } elseif ($null -eq $user.LastLogin) {
            'never signed in'
        } elseif ($user.LastLogin -lt $limit) {
            "no login for $Days days"
        }
        if (-not $reason) { continue }
        [pscustomobject]@{
            name       = ConvertTo-Text $user.Name
            reason     = $reason
            state      = $user.State
            method     = $user.Method
            added      = ConvertTo-Text $user.Added
            last_login = ConvertTo-Text $user.LastLogin
            notes      = ConvertTo-Text $user.Notes
        }
    }
    # Without rows, ConvertTo-Csv prints no header.
    $lines = @('"name","reason","state","method","added","last_login","notes"')
    $lines += @($rows | Where-Object { $null -ne $_ } | ConvertTo-Csv -NoTypeInformation | Select-Object -Skip 1)
    if (-not $Path) {
        $lines
        exit 0
    }
    $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
    # The byte order mark is for spreadsheets.
    [System.IO.File]::WriteAllLines("$full.new", [string[]] $lines, [System.Text.UTF8Encoding]::new($true))
    if ([System.IO.File]::Exists($full)) {
        [System.IO.File]::Replace("$full.new", $full, [NullString]::Value)
    } else {
        [System.IO.File]::Move("$full.new", $full)
    }
} catch {
    [Console]::Error.WriteLine("error: $($_.Exception.Message)")
    exit 1
}
exit 0
