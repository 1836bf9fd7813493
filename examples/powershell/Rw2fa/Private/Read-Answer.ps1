# Asks about several users in one run of the program, and returns a pair for each: Entry, and Row, what the program
# says. A user about whom the program cannot answer is an error, and it is asked about the others again.
function Read-AnswerRow {
    param([System.Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Arguments, [object[]] $Entries)
    while ($Entries.Count -gt 0) {
        $list = ConvertTo-List $Entries @('Name')
        $run = Invoke-Rw2fa $Cmdlet ($Arguments + @('--from', '-')) -InputText $list.Text
        if ($null -eq $run) { return }
        $bad = @{}
        foreach ($failure in $run.Failures) {
            $line = Get-Field $failure 'line'
            if ($null -eq $line) { continue }
            $bad[[int] $line] = $true
            $message = $failure.message -replace '^standard input, line \d+: '
            $target = $list.Lines[[int] $line].Source
            Write-Failure $Cmdlet $failure.kind $message -Hint ([string] $failure.hint) -Target $target
        }
        $kept = @($list.Lines.Keys | Sort-Object | Where-Object { -not $bad.ContainsKey($_) })
        $left = @(foreach ($number in $kept) { $list.Lines[$number] })
        if ($left.Count -eq $Entries.Count) {
            foreach ($failure in $run.Failures) {
                Write-Failure $Cmdlet $failure.kind $failure.message -Hint ([string] $failure.hint)
            }
            if ($null -eq $run.Document) { return }
            $rows = @(Get-Field $run.Document 'entries')
            for ($at = 0; $at -lt $rows.Count; $at++) { [pscustomobject]@{ Entry = $Entries[$at]; Row = $rows[$at] } }
            return
        }
        $Entries = $left
    }
}

# Turns a row of a list of users into an answer.
function ConvertTo-Answer {
    param([object] $Row, [string] $Ask)
    [pscustomobject]@{
        PSTypeName  = 'Rw2fa.Answer'
        Name        = $Row.name
        Type        = $Row.type
        Ask         = $Ask
        Outcome     = $Row.outcome
        Reason      = $Row.reason
        Rule        = $null
        Detail      = $Row.why
        OnceEnabled = $Row.once_enabled
        Granted     = $Row.outcome -eq 'grant'
    }
}

# Turns the document about one user into answers.
function ConvertTo-SingleAnswer {
    param([object] $Document)
    $later = @{}
    foreach ($answer in (Get-Field (Get-Field $Document 'once_enabled') 'answers')) { $later[$answer.ask] = $answer.reason }
    foreach ($answer in $Document.answers) {
        $detail = $null
        foreach ($link in $Document.chain) { if ($link.rule -eq $answer.rule) { $detail = $link.detail } }
        $onceEnabled = $answer.reason
        if ($later.ContainsKey($answer.ask)) { $onceEnabled = $later[$answer.ask] }
        [pscustomobject]@{
            PSTypeName  = 'Rw2fa.Answer'
            Name        = $Document.user
            Type        = 'user'
            Ask         = $answer.ask
            Outcome     = $answer.outcome
            Reason      = $answer.reason
            Rule        = $answer.rule
            Detail      = $detail
            OnceEnabled = $onceEnabled
            Granted     = $answer.outcome -eq 'grant'
        }
    }
}
