# Completion of rw2fa in PowerShell. The program supplies the candidates, because names change; no
# line is evaluated here.
Register-ArgumentCompleter -Native -CommandName 'rw2fa' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # Runs the program on the path: a typed path may lead to another program, which was not started
    # yet.
    $program = Get-Command -Name rw2fa -CommandType Application -TotalCount 1 -ErrorAction Ignore
    if (-not $program) { return }

    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition })
    $words = @($elements | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    if ($elements.Count -eq 0 -or $elements[-1].Extent.EndOffset -lt $cursorPosition) { $words += '' }

    # The program is not called with '&': that would decode names by the console's code page, change
    # $LASTEXITCODE, and in Windows PowerShell lose quotes. The sign '=' marks empty words, too.
    $quoted = foreach ($word in $words) {
        '"' + (("=$word" -replace '(\\*)"', '$1$1\"') -replace '(\\+)$', '$1$1') + '"'
    }
    $start = [System.Diagnostics.ProcessStartInfo]::new($program.Path, '-- ' + ($quoted -join ' '))
    $start.EnvironmentVariables['RW2FA_COMPLETE'] = 'powershell'
    $start.WorkingDirectory = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.UTF8Encoding]::new($false)
    $text = ''
    $process = $null
    try {
        $process = [System.Diagnostics.Process]::Start($start)
        $process.StandardInput.Dispose()
        $null = $process.StandardError.ReadToEndAsync()
        $output = $process.StandardOutput.ReadToEndAsync()
        # A store that does not answer must not block the shell for long.
        if ($output.Wait(5000)) { $text = $output.Result }
    } catch {
        Write-Debug $_.Exception.Message
    } finally {
        if ($process) {
            # Does nothing to a program that has ended.
            try { $process.Kill() } catch { Write-Debug $_.Exception.Message }
            $process.Dispose()
        }
    }

    $lines = @($text -split '\r?\n' | Where-Object { $_ })
    # Without any result PowerShell would offer file names. An empty text is not offered.
    if ($lines.Count -eq 0) { return '' }
    foreach ($line in $lines) {
        $value, $help = $line -split "`t", 2
        if (-not $help) { $help = $value }
        $type = if ($value.StartsWith('-')) { 'ParameterName' } else { 'ParameterValue' }
        # PowerShell splits a bare word such as -a.b in two.
        $isBare = $value -match '^(?!-[^-]*[^-\w])[\w.\\/:=-]+$'
        $shown = $value
        if (-not $isBare) {
            $shown = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value) + "'"
        }
        [System.Management.Automation.CompletionResult]::new($shown, $value, $type, $help)
    }
}
