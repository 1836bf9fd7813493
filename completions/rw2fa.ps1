# Completion of rw2fa in PowerShell. The program supplies the candidates, because names change; no
# line is evaluated here.
Register-ArgumentCompleter -Native -CommandName 'rw2fa' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # Prefixes each word with '=': Windows PowerShell passes no empty arguments to programs.
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { "=$($_.Value)" } else { "=$($_.Extent.Text)" }
    })
    if ($wordToComplete -eq '') { $words += '=' }
    # Runs the program on the path: a typed path may lead to another program, which was not started
    # yet.
    $program = Get-Command -Name rw2fa -CommandType Application -TotalCount 1 -ErrorAction SilentlyContinue
    if (-not $program) { return }
    $before = $env:RW2FA_COMPLETE
    $env:RW2FA_COMPLETE = 'powershell'
    $lines = @(& $program -- @words 2>$null)
    $env:RW2FA_COMPLETE = $before
    $lines | ForEach-Object {
        $value, $help = $_ -split "`t", 2
        if (-not $help) { $help = $value }
        $text = if ($value -match '^[\w.\\/:=-]+$') { $value } else { "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($value) + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $help)
    }
}
