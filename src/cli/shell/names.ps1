    # Names of the store, where names belong.
    $words = @($commandElements | Select-Object -Skip 1 | ForEach-Object {
        if ($_ -is [StringConstantExpressionAst]) { "=$($_.Value)" } else { "=$($_.Extent.Text)" }
    })
    if ($wordToComplete -eq '') { $words += '=' }
    # The one on the path: what was typed may be somebody else's program, and was not started yet.
    $program = Get-Command -Name rw2fa -CommandType Application -TotalCount 1 -ErrorAction SilentlyContinue
    $names = @(if ($program) { & $program complete-names words @words 2>$null })
    if ($program -and $LASTEXITCODE -eq 0) {
        return $names | ForEach-Object {
            $text = if ($_ -match '^[\w.\\-]+$') { $_ } else { "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($_) + "'" }
            [CompletionResult]::new($text, $_, [CompletionResultType]::ParameterValue, $_)
        }
    }
