# Asks rw2fa-verify for the second factor of a login. Load this file and call Test-SecondFactor:
#
#   . .\SecondFactor.ps1
#   $answer = Test-SecondFactor -User $account -Code $typed -Options '--group=CORP\Sales', "--client=$id"
#   if ($answer.Granted) { ... }
#
# Written for Windows PowerShell 5.1 and PowerShell 7. The rules for callers are in docs/portal.md. In the module
# Rw2fa, Confirm-Rw2faLogin does the same.

# Quotes an argument for a command line, by the rules by which programs on Windows, and .NET elsewhere, split it.
function ConvertTo-SecondFactorArgument {
    param([string] $Text)
    if ($Text.IndexOf([char] 0) -ge 0) { throw 'an argument must not contain NUL' }
    if ($Text -match '^[^\s"]+\z') { return $Text }
    '"' + (($Text -replace '(\\*)"', '$1$1\"') -replace '(\\+)\z', '$1$1') + '"'
}

# Returns whether a text is one whole JSON object. ConvertFrom-Json accepts more: some versions, a text that was cut.
function Test-SecondFactorDocument {
    param([string] $Text)
    $space = '[ \t\r\n]*'
    # Strings are emptied first, so that a bracket is a bracket. Then lists and objects are emptied, the innermost
    # first, until nothing is left but an empty object.
    $rest = [regex]::Replace($Text, '"(?>[^"\\\x00-\x1f]+|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"', '""')
    $number = '-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?'
    $value = "$space(?:`"`"|$number|true|false|null|\[\]|\{\})$space"
    $pair = "$space`"`"${space}:$value"
    for ($depth = 0; $depth -lt 32; $depth++) {
        $rest = [regex]::Replace($rest, "\[(?:$value(?:,$value)*|$space)\]", '[]')
        $rest = [regex]::Replace($rest, "\{(?:$pair(?:,$pair)*|$space)\}", '{}')
    }
    [regex]::IsMatch($rest, "\A$space\{\}$space\z")
}

# Runs the verifier once and returns an answer, whatever happens. Granted alone says whether the user may enter.
#
# Outcome, Reason and Message are those of the protocol; Document is the whole answer, or $null. A Reason that
# is not in the protocol says why there is no answer: not-started, time-limit, killed, wrong-call, bad-answer,
# failed. Errors is the beginning of standard error, for your log.
#
# An empty code means that the code page was not shown yet: never pass its empty field. The options are those of
# the protocol: one '--group=NAME' for each group, or '--no-groups'; '--client=ID'; '--session=KIND'.
function Test-SecondFactor {
    param(
        [string] $User,
        [string] $Code = '',
        [string[]] $Options = @(),
        [string] $Program = 'C:\Program Files\rw2fa\rw2fa-verify.exe',
        [double] $Limit = 25
    )
    $answer = [pscustomobject]@{
        Granted  = $false
        Outcome  = 'error'
        Reason   = 'failed'
        Message  = 'The sign-in is not available now. Tell your administrator.'
        Document = $null
        Errors   = ''
    }
    $process = $null
    # SECURITY: each step sets the reason of its own failure first. An exception ends with a refusal.
    try {
        # The verifier reads one line of at most 256 bytes.
        if ([System.Text.Encoding]::UTF8.GetByteCount($Code) -gt 255 -or $Code -match '[\r\n]') {
            $Code = 'not a code'
        }
        $arguments = @($Options) + @('--', $User)
        if ($Code -ne '') { $arguments = @('--code-stdin') + $arguments }
        $start = [System.Diagnostics.ProcessStartInfo]::new($Program)
        # Windows PowerShell has neither ArgumentList nor StandardInputEncoding.
        $start.Arguments = @(foreach ($argument in $arguments) { ConvertTo-SecondFactorArgument $argument }) -join ' '
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        # Bytes that are not UTF-8 are an error, not an answer.
        $start.StandardOutputEncoding = [System.Text.UTF8Encoding]::new($false, $true)
        $start.StandardErrorEncoding = [System.Text.UTF8Encoding]::new($false)
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true

        $answer.Reason = 'not-started'
        $process = [System.Diagnostics.Process]::Start($start)

        $answer.Reason = 'failed'
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $output = $process.StandardOutput.ReadToEndAsync()
        $errors = $process.StandardError.ReadToEndAsync()
        try {
            $line = if ($Code -ne '') { [System.Text.Encoding]::UTF8.GetBytes("$Code`n") } else { [byte[]] @() }
            $process.StandardInput.BaseStream.Write($line, 0, $line.Length)
            $process.StandardInput.BaseStream.Dispose()
        } catch {
            # It may end without reading; its answer says more than this error.
            Write-Verbose "$_"
        }

        # Waits for the ends of both streams and of the program.
        $left = { [int] [Math]::Max(0, $Limit * 1000 - $clock.ElapsedMilliseconds) }
        $ended = $output.Wait((& $left)) -and $errors.Wait((& $left)) -and $process.WaitForExit((& $left))
        if (-not $ended) {
            $answer.Reason = 'time-limit'
            return $answer
        }
        $answer.Errors = $errors.Result.Substring(0, [Math]::Min(4096, $errors.Result.Length))
        $exitCode = $process.ExitCode
        # Signals are reported as 128 and their number, crashes on Windows as large or negative numbers.
        if ($exitCode -gt 128 -or $exitCode -lt 0) {
            $answer.Reason = 'killed'
            return $answer
        }
        if ($exitCode -eq 2) {
            $answer.Reason = 'wrong-call'
            return $answer
        }

        # SECURITY: one whole document, of the known schema, whose outcome fits the exit code. Not compared with -ceq,
        # which ignores invisible characters.
        $answer.Reason = 'bad-answer'
        if ($output.Result.Length -gt 1000000 -or -not (Test-SecondFactorDocument $output.Result)) { return $answer }
        $outcomes = @{ 0 = 'grant'; 1 = 'deny'; 3 = 'challenge'; 4 = 'error'; 5 = 'ended' }
        $document = ConvertFrom-Json -InputObject $output.Result -ErrorAction Stop
        $isAnswer = ($document.schema -is [int] -or $document.schema -is [long]) -and $document.schema -eq 1 -and
            $document.outcome -is [string] -and [string]::Equals($document.outcome, $outcomes[$exitCode]) -and
            $document.reason -is [string] -and $document.message -is [string]
        if (-not $isAnswer) { return $answer }
        $answer.Document = $document
        $answer.Outcome = $document.outcome
        $answer.Message = $document.message
        $answer.Reason = $document.reason
        $answer.Granted = $exitCode -eq 0 -and [string]::Equals($document.outcome, 'grant')
    } catch {
        $answer.Granted = $false
        if ($_.Exception.GetBaseException() -is [System.Text.DecoderFallbackException]) { $answer.Reason = 'bad-answer' }
        if ($answer.Errors -eq '') { $answer.Errors = "$_" }
    } finally {
        if ($null -ne $process) {
            # Ends a verifier that took too long, and does nothing to one that has ended.
            try { $process.Kill() } catch { Write-Verbose "$_" }
        }
    }
    $answer
}
