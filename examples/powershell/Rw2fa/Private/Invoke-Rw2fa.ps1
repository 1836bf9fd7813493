# Returns the path of the program; $null if there is none.
function Find-Program {
    param([string] $Name)
    # Get-Command does not find a path with brackets, escaped or not.
    if ($Name -match '[\\/]' -and (Test-Path -LiteralPath $Name -PathType Leaf)) {
        return $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Name)
    }
    $found = @(Get-Command -Name ([WildcardPattern]::Escape($Name)) -CommandType Application -ErrorAction Ignore)
    if ($found.Count -gt 0) { $found[0].Path }
}

# Returns the name or path of the program that the user wants.
function Get-ProgramName {
    if ($env:RW2FA_PROGRAM) { $env:RW2FA_PROGRAM } else { 'rw2fa' }
}

# Returns the path of the program, or reports that there is none.
function Get-Program {
    param([System.Management.Automation.PSCmdlet] $Cmdlet)
    $wanted = Get-ProgramName
    $found = Find-Program $wanted
    if ($found) { return $found }
    Write-Failure $Cmdlet 'program' "the program $wanted was not found" -Target $wanted -Hint (
        'install rw2fa, or set $env:RW2FA_PROGRAM to its path')
}

# Runs rw2fa once. Returns an object with ExitCode, Document (what it printed, parsed; $null if it printed
# none), Text (the same, not parsed) and Failures: objects with kind, message, hint and line, for the caller to
# report. Warnings are reported here. Returns nothing, and reports an error, if the program cannot be run or
# its answer cannot be understood.
function Invoke-Rw2fa {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string[]] $Arguments,
        [string] $InputText = '',
        # The command has no JSON: what it prints is text.
        [switch] $AsText,
        [double] $Seconds = 600
    )
    $program = Get-Program $Cmdlet
    if (-not $program) { return }
    $all = if ($AsText) { $Arguments } else { @('--format', 'json') + $Arguments }
    $Cmdlet.WriteVerbose("rw2fa $($all -join ' ')")
    $run = Invoke-Program -FilePath $program -Arguments $all -InputText $InputText -Seconds $Seconds
    if ($run.Reason -eq 'not-started') {
        Write-Failure $Cmdlet 'program' "$program cannot be run: $($run.ErrorOutput)" -Target $program -Hint (
            'set $env:RW2FA_PROGRAM to the path of rw2fa')
        return
    }
    if ($run.Reason -eq 'time-limit') {
        Write-Failure $Cmdlet 'timeout' "rw2fa did not end within $Seconds s and was stopped" -Target $program -Hint (
            'find out whether the change was made, then try again')
        return
    }
    $failures = [System.Collections.Generic.List[object]]::new()
    $said = [System.Collections.Generic.List[string]]::new()
    foreach ($line in $run.ErrorOutput -split '\r?\n') {
        if ($line.StartsWith('{"schema":1,"error":')) {
            $failures.Add((ConvertFrom-Document $line).error)
        } elseif ($line.StartsWith('warning: ')) {
            $Cmdlet.WriteWarning($line.Substring(9))
        } elseif ($line) {
            $said.Add($line)
        }
    }
    $document = $null
    if (-not $AsText -and $run.Output.Trim()) {
        try { $document = ConvertFrom-Document $run.Output } catch { $said.Add($_.Exception.Message) }
        # A document of another program must not look like a list or a report without entries.
        if ($null -ne $document -and (Get-Field $document 'schema') -ne 1) {
            $document = $null
            $said.Add('the document does not have schema 1')
        }
    }
    $isUnderstood = $run.ExitCode -eq 0 -or $failures.Count -gt 0 -or $null -ne $document
    if ($AsText -and $run.ExitCode -ne 0 -and $failures.Count -eq 0) {
        $message = ($said | Where-Object { $_.StartsWith('error: ') } | Select-Object -First 1) -replace '^error: '
        if ($message) {
            $hint = ($said | Where-Object { $_.StartsWith('hint: ') } | Select-Object -First 1) -replace '^hint: '
            $kind = @{ 1 = 'refused'; 2 = 'usage'; 4 = 'store' }[$run.ExitCode]
            $failures.Add([pscustomobject]@{ kind = [string] $kind; message = $message; hint = $hint })
            $isUnderstood = $true
        }
    }
    $isMissing = -not $AsText -and $run.ExitCode -eq 0 -and $null -eq $document -and $failures.Count -eq 0
    if (-not $isUnderstood -or $isMissing) {
        $what = "rw2fa ended with exit code $($run.ExitCode)"
        if ($isMissing) { $what = 'rw2fa printed no document that this module knows' }
        Write-Failure $Cmdlet 'program' "${what}: $($said -join ' ')" -Target $program -Hint (
            'check that $env:RW2FA_PROGRAM is the rw2fa that belongs to this module')
        return
    }
    foreach ($line in $said) { $Cmdlet.WriteVerbose($line) }
    [pscustomobject]@{ ExitCode = $run.ExitCode; Document = $document; Text = $run.Output; Failures = $failures }
}

# Runs a command that reads, reports its failures, and returns its document: nothing if it failed as a whole.
function Read-Rw2fa {
    param(
        [System.Management.Automation.PSCmdlet] $Cmdlet,
        [string[]] $Arguments,
        [string] $InputText = '',
        [object] $Target = $null,
        [double] $Seconds = 600
    )
    $run = Invoke-Rw2fa $Cmdlet $Arguments -InputText $InputText -Seconds $Seconds
    if ($null -eq $run) { return }
    # After errors about lines of a file, the program sums them up: each thing that failed is one error.
    $ofLines = @($run.Failures | Where-Object { $null -ne (Get-Field $_ 'line') })
    $failures = if ($ofLines.Count -gt 0) { $ofLines } else { $run.Failures }
    foreach ($failure in $failures) {
        Write-Failure $Cmdlet $failure.kind $failure.message -Hint ([string] $failure.hint) -Target $Target
    }
    $run.Document
}
