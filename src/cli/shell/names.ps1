    # Names of the store, where names belong.
    $words = @($commandElements | Select-Object -Skip 1 | ForEach-Object {
        if ($_ -is [StringConstantExpressionAst]) { "=$($_.Value)" } else { "=$($_.Extent.Text)" }
    })
    if ($wordToComplete -eq '') { $words += '=' }
    $names = @(& $commandElements[0].Extent.Text complete-names words @words 2>$null)
    if ($LASTEXITCODE -eq 0) {
        return $names | ForEach-Object {
            $text = if ($_ -match '^[\w.\\-]+$') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
            [CompletionResult]::new($text, $_, [CompletionResultType]::ParameterValue, $_)
        }
    }
