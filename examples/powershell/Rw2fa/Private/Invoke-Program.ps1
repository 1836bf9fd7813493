# Quotes an argument for the command line of a process, by the rules by which programs split it: on Windows
# those of the C library, and .NET follows them on other systems.
function ConvertTo-Argument {
    param([AllowEmptyString()] [string] $Text)
    if ($Text.IndexOf([char] 0) -ge 0) { throw [System.ArgumentException]::new('an argument must not contain NUL') }
    if ($Text -match '^[^\s"]+\z') { return $Text }
    '"' + (($Text -replace '(\\*)"', '$1$1\"') -replace '(\\+)\z', '$1$1') + '"'
}

# Runs a program without a shell, and waits for it. Text is UTF-8 in both directions, whatever the console's
# code page is. Returns an object with:
#   Reason      '' if it ended, else 'not-started', 'time-limit', 'bad-output' or 'failed'
#   ExitCode    its exit code; 0 only if it ended with 0
#   Output      its standard output
#   ErrorOutput its standard error, or why there is none
# Throws nothing. A program that does not end in time is killed.
function Invoke-Program {
    param(
        [string] $FilePath,
        [string[]] $Arguments = @(),
        [AllowEmptyString()] [string] $InputText = '',
        [double] $Seconds = 600,
        # For a program whose answer counts only if it is as expected: bytes that are not UTF-8, and an output of
        # more than a million characters, are 'bad-output'. Of standard error, only the beginning is kept.
        [switch] $Strict
    )
    $result = [pscustomobject]@{ Reason = 'not-started'; ExitCode = -1; Output = ''; ErrorOutput = '' }
    $process = $null
    try {
        $start = [System.Diagnostics.ProcessStartInfo]::new($FilePath)
        # ProcessStartInfo.ArgumentList does not exist in Windows PowerShell.
        $start.Arguments = @(foreach ($argument in $Arguments) { ConvertTo-Argument $argument }) -join ' '
        $here = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
        if ([System.IO.Directory]::Exists($here)) { $start.WorkingDirectory = $here }
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $start.StandardOutputEncoding = [System.Text.UTF8Encoding]::new($false, $Strict.IsPresent)
        $start.StandardErrorEncoding = [System.Text.UTF8Encoding]::new($false)
        $process = [System.Diagnostics.Process]::Start($start)

        $result.Reason = 'failed'
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $left = { [int] [Math]::Max(0, $Seconds * 1000 - $clock.ElapsedMilliseconds) }
        $kept = $null
        if ($Strict) {
            # A program that prints without end must not fill the memory until the time limit.
            $kept = [char[]]::new(1000001)
            $keptErrors = [char[]]::new(4096)
            $output = $process.StandardOutput.ReadBlockAsync($kept, 0, $kept.Length)
            $errors = $process.StandardError.ReadBlockAsync($keptErrors, 0, $keptErrors.Length)
        } else {
            $output = $process.StandardOutput.ReadToEndAsync()
            $errors = $process.StandardError.ReadToEndAsync()
        }
        # ProcessStartInfo.StandardInputEncoding does not exist in Windows PowerShell: the bytes are written as they are.
        $bytes = [System.Text.UTF8Encoding]::new($false).GetBytes($InputText)
        $stdin = $process.StandardInput.BaseStream
        $written = $stdin.WriteAsync($bytes, 0, $bytes.Length)
        try {
            $null = $written.Wait((& $left))
            $stdin.Dispose()
        } catch {
            # It ended without reading; what it says is more useful than this error.
            Write-Verbose "rw2fa did not read all of its input: $($_.Exception.Message)"
        }
        # What follows the kept part of standard error is read and dropped: a full pipe would block the program.
        $rest = $null
        while ($Strict -and $null -eq $rest -and -not $output.IsCompleted -and (& $left) -gt 0) {
            $null = [System.Threading.Tasks.Task]::WaitAny([System.Threading.Tasks.Task[]] @($output, $errors), (& $left))
            if ($errors.IsCompleted) { $rest = $process.StandardError.BaseStream.CopyToAsync([System.IO.Stream]::Null) }
        }
        $isOver = $output.Wait((& $left))
        if ($isOver -and $null -ne $kept -and $output.Result -eq $kept.Length) {
            $result.Reason = 'bad-output'
            return $result
        }
        $isOver = $isOver -and $errors.Wait((& $left))
        if ($isOver -and $Strict -and $null -eq $rest) {
            $rest = $process.StandardError.BaseStream.CopyToAsync([System.IO.Stream]::Null)
        }
        if ($null -ne $rest) { $isOver = $isOver -and $rest.Wait((& $left)) }
        if (-not ($isOver -and $process.WaitForExit((& $left)))) {
            $result.Reason = 'time-limit'
            return $result
        }
        if ($null -ne $kept) {
            $result.Output = [string]::new($kept, 0, $output.Result)
            $result.ErrorOutput = [string]::new($keptErrors, 0, $errors.Result)
        } else {
            $result.Output = $output.Result
            $result.ErrorOutput = $errors.Result
        }
        $result.ExitCode = $process.ExitCode
        $result.Reason = ''
    } catch {
        $cause = $_.Exception.GetBaseException()
        if ($cause -is [System.Text.DecoderFallbackException]) { $result.Reason = 'bad-output' }
        $result.ErrorOutput = $cause.Message
    } finally {
        if ($null -ne $process) {
            # Does nothing to a program that has ended.
            try { $process.Kill() } catch { Write-Debug $_.Exception.Message }
            $process.Dispose()
        }
    }
    $result
}
