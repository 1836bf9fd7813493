# Runs the tests of the PowerShell module with Pester 5, on the programs of one build:
#
#   pwsh -NoProfile -NonInteractive -File tests/powershell/run.ps1 -Programs target/debug [-Filter '*Invoke-Program*,*Sync-Group*']
#
# Prints a summary such as '120 passed, 0 failed, 0 skipped' as its last line. Exits with 1 if a test failed or
# was skipped, or if no test ran.
param(
    # The directory of rw2fa and rw2fa-verify.
    [Parameter(Mandatory)] [string] $Programs,
    # Runs only the tests whose full name is like one of these patterns. With -File, a list arrives as one text.
    [string[]] $Filter = @()
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$directory = (Resolve-Path -LiteralPath $Programs).ProviderPath
foreach ($program in 'rw2fa', 'rw2fa-verify') {
    $path = [System.IO.Path]::Combine($directory, $program)
    if (-not (Test-Path -LiteralPath $path) -and -not (Test-Path -LiteralPath "$path.exe")) {
        [Console]::Error.WriteLine("error: there is no $program in $directory")
        exit 1
    }
}
$env:PATH = $directory + [System.IO.Path]::PathSeparator + $env:PATH
# The tests choose their store, program and verifier themselves.
foreach ($variable in 'RW2FA_STORE', 'RW2FA_PROGRAM', 'RW2FA_VERIFIER') {
    [System.Environment]::SetEnvironmentVariable($variable, $null)
}

Import-Module Pester -MinimumVersion 5.0
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'
$configuration.TestRegistry.Enabled = $false
$Filter = @($Filter -split ',' | Where-Object { $_ })
if ($Filter.Count -gt 0) { $configuration.Filter.FullName = $Filter }
# The tests set the preferences they are about.
$ErrorActionPreference = 'Continue'
$result = Invoke-Pester -Configuration $configuration

# Inconclusive tests, tests that were not run although nothing filtered them out, and blocks and files that
# failed as a whole count, too.
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
$skipped = $result.SkippedCount + $result.InconclusiveCount
if ($Filter.Count -eq 0) { $skipped += $result.NotRunCount }
"$($result.PassedCount) passed, $failed failed, $skipped skipped"
if ($result.PassedCount -eq 0 -or $failed -gt 0 -or $skipped -gt 0) { exit 1 }
exit 0
