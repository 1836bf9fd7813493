function Confirm-Rw2faLogin {
    <#
    .SYNOPSIS
    Asks the verifier for the second factor of a login or session: what a portal calls after the password.
    .DESCRIPTION
    Let the user in if Granted is $true, and only then. It is $true only if the verifier ended with exit code 0 and
    printed one whole answer that grants. Whatever else happens, Granted is $false: this function always returns an
    object, throws nothing and writes no error.

    Outcome, Reason and Message are those of the protocol; show Message to the user. Document is the whole answer. At
    an enrolment it holds the secret and the QR code (Document.enrolment.qr): show it once, and do not log it. If there is
    no answer, Reason says why: not-started (the verifier is missing), time-limit, killed, wrong-call (see Errors),
    bad-answer or failed.

    The verifier is rw2fa-verify on the path, or the program at $env:RW2FA_VERIFIER.
    .PARAMETER User
    The account name that your authenticator returned, after it checked the password.
    .PARAMETER Code
    What the user typed, unchanged. It reaches the verifier on standard input. Leave it out when the code page was not
    shown yet, and do not pass an empty field of that page: that call shows the QR code again, or sends an SMS.
    PowerShell's module logging, where it is on, records parameters; a code that was used is worthless.
    .PARAMETER Group
    All groups of the user, as the portal knows them. Without groups and -NoGroups, the verifier asks the system.
    .PARAMETER NoGroups
    The user is in no group.
    .PARAMETER Client
    An opaque id of the portal session, the same at login, for each session and at sign-out; never the cookie itself.
    .PARAMETER Session
    The portal opens or reconnects a session: html5, remoteapp or rdp.
    .PARAMETER Ip
    The address of the user's device, for the audit trail.
    .PARAMETER Language
    The user's language: a tag such as pt-BR, or the browser's Accept-Language header.
    .PARAMETER Qr
    The form of the QR code: svg, png (a data URI) or none.
    .PARAMETER Resend
    Sends the SMS again.
    .PARAMETER Check
    Answers without writing, sending or showing anything.
    .PARAMETER End
    Sign-out: ends the grants of this client.
    .PARAMETER Seconds
    The longest wait. The verifier ends by itself within 20 s.
    .EXAMPLE
    $answer = Confirm-Rw2faLogin $account -Group $groups -Client $id -Code $typed
    if ($answer.Granted) { Open-Portal } else { Show-Message $answer.Message }
    .EXAMPLE
    (Confirm-Rw2faLogin 'CORP\alice' -NoGroups -Client $id -Session html5).Granted
    .EXAMPLE
    $null = Confirm-Rw2faLogin $account -Client $id -End
    #>
    [CmdletBinding()]
    [OutputType('Rw2fa.LoginAnswer')]
    param(
        [Parameter(Position = 0)] [string] $User = '',
        [string] $Code = '',
        [string[]] $Group = @(),
        [switch] $NoGroups,
        [string] $Client,
        [string] $Session,
        [string] $Ip,
        [string] $Language,
        [string] $Qr,
        [switch] $Resend,
        [switch] $Check,
        [switch] $End,
        [double] $Seconds = 25
    )
    $answer = [pscustomobject]@{
        PSTypeName   = 'Rw2fa.LoginAnswer'
        Granted      = $false
        Outcome      = 'error'
        Reason       = 'failed'
        Message      = 'The sign-in is not available now. Tell your administrator.'
        User         = $null
        Language     = 'en'
        Method       = $null
        Digits       = $null
        Enrolled     = $null
        AttemptsLeft = $null
        RetryAfter   = $null
        SmsTo        = $null
        ExitCode     = $null
        Errors       = ''
        Document     = $null
    }
    # SECURITY: Granted becomes true in one place, the last of all steps. An exception ends with a refusal.
    try {
        Use-CallerPreference $PSCmdlet
        # The verifier reads one line of at most 256 bytes.
        if ([System.Text.Encoding]::UTF8.GetByteCount($Code) -gt 255 -or $Code -match '[\r\n]') { $Code = 'not a code' }
        $arguments = @()
        if ($Code -ne '') { $arguments += '--code-stdin' }
        if ($NoGroups) { $arguments += '--no-groups' }
        foreach ($one in $Group) { $arguments += "--group=$one" }
        # What is passed empty, by mistake, is left to the verifier to refuse: without it, the answer could be another.
        foreach ($name in 'Client', 'Session', 'Ip', 'Language', 'Qr') {
            if (-not $PSBoundParameters.ContainsKey($name)) { continue }
            $arguments += "--$($name.ToLowerInvariant())=$($PSBoundParameters[$name])"
        }
        if ($Resend) { $arguments += '--resend' }
        if ($Check) { $arguments += '--check' }
        if ($End) { $arguments += '--end' }
        $arguments += @('--', $User)
        $text = if ($Code -ne '') { "$Code`n" } else { '' }

        $wanted = if ($env:RW2FA_VERIFIER) { $env:RW2FA_VERIFIER } else { 'rw2fa-verify' }
        $program = Find-Program $wanted
        if (-not $program) {
            $answer.Reason = 'not-started'
            $answer.Errors = "the program $wanted was not found"
            return $answer
        }
        $run = Invoke-Program -FilePath $program -Arguments $arguments -InputText $text -Seconds $Seconds -Strict
        $answer.Errors = $run.ErrorOutput
        if ($run.Reason) {
            $answer.Reason = $run.Reason -replace '^bad-output\z', 'bad-answer'
            return $answer
        }
        $answer.ExitCode = $run.ExitCode
        # Signals are reported as 128 and their number, crashes on Windows as large or negative numbers.
        if ($run.ExitCode -gt 128 -or $run.ExitCode -lt 0) {
            $answer.Reason = 'killed'
            return $answer
        }
        if ($run.ExitCode -eq 2) {
            $answer.Reason = 'wrong-call'
            return $answer
        }

        # SECURITY: one whole document, of the known schema, whose outcome fits the exit code. Not compared with -ceq,
        # which ignores invisible characters.
        $answer.Reason = 'bad-answer'
        if (-not (Test-WholeDocument $run.Output)) { return $answer }
        $document = ConvertFrom-Document $run.Output
        $outcomes = @{ 0 = 'grant'; 1 = 'deny'; 3 = 'challenge'; 4 = 'error'; 5 = 'ended' }
        # Not read by a function: it would return the value of a list of one value.
        $schema, $outcome, $reason, $message, $account = $null
        foreach ($property in $document.PSObject.Properties) {
            switch -CaseSensitive ($property.Name) {
                'schema' { $schema = $property.Value }
                'outcome' { $outcome = $property.Value }
                'reason' { $reason = $property.Value }
                'message' { $message = $property.Value }
                'user' { $account = $property.Value }
            }
        }
        $isAnswer = ($schema -is [int] -or $schema -is [long]) -and $schema -eq 1 -and
            $outcome -is [string] -and [string]::Equals($outcome, $outcomes[$run.ExitCode]) -and
            $reason -is [string] -and $message -is [string] -and $account -is [string]
        if (-not $isAnswer) { return $answer }
        $answer.Document = $document
        $answer.Outcome = $outcome
        $answer.Reason = $reason
        $answer.Message = $message
        $answer.User = $account
        $answer.Language = Get-Field $document 'language'
        $answer.Method = Get-Field $document 'method'
        $answer.Digits = Get-Field $document 'digits'
        $answer.Enrolled = Get-Field $document 'enrolled'
        $answer.AttemptsLeft = Get-Field $document 'attempts_left'
        $sms = Get-Field $document 'sms'
        $answer.SmsTo = Get-Field $sms 'to'
        $answer.RetryAfter = Get-Field $document 'retry_after'
        if ($null -eq $answer.RetryAfter) { $answer.RetryAfter = Get-Field $sms 'retry_after' }
        $answer.Granted = $run.ExitCode -eq 0 -and [string]::Equals($outcome, 'grant')
    } catch {
        $answer.Granted = $false
        if ($answer.Errors -eq '') { $answer.Errors = "$_" }
    }
    $answer
}
