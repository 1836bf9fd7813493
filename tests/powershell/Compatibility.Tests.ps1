# Finds in the module and its recipes what Windows PowerShell 5.1 does not have, without running 5.1. PowerShell's
# own parser reads each file; each rule looks at its syntax tree or its tokens.
#
# | checked                                          | how                                                         |
# |--------------------------------------------------|-------------------------------------------------------------|
# | operators: ? :, ??, ??=, ?., ?[, &&, ||, a \| at | kinds of tokens and of expressions                          |
# | the beginning of a line, & at the end, 'a'..'z'  |                                                             |
# | clean blocks, generic methods, numbers such as   | the same                                                    |
# | 1uy and 0b1, the escapes `e and `u{...}            |                                                             |
# | parameters, such as -Parallel or -AsHashtable    | a table of parameters by command. ConvertFrom-Json -DateKind|
# |                                                  | is allowed in ConvertFrom-Document.ps1, in its condition    |
# | commands                                         | each one is a function of the module, or in a list of 5.1   |
# | members of .NET                                  | names that .NET Framework does not have, and overloads by   |
# |                                                  | the number or kind of their arguments. The tree has no      |
# |                                                  | types: a name that is new in one type is refused in all     |
# | types, attributes and variables                  | lists of names                                              |
# | -and after -or without parentheses               | not of 5.1: both have the same precedence in every version  |
# | characters                                       | ASCII only: 5.1 reads files without a byte order mark in    |
# |                                                  | the code page of the system                                 |
#
# Each rule is tried on a bad sample, which it must find, and on the same in the words of 5.1, which it must not.

BeforeDiscovery {
    $script:Samples = @(
        @{ Rule = 'Ternary'; Bad = '$a = $b ? 1 : 2'; Good = '$a = if ($b) { 1 } else { 2 }' }
        @{ Rule = 'NullCoalescing'; Bad = '$a = $b ?? 1'; Good = '$a = $b; if ($null -eq $a) { $a = 1 }' }
        @{ Rule = 'NullCoalescing'; Bad = '$a ??= 1'; Good = 'if ($null -eq $a) { $a = 1 }' }
        @{ Rule = 'NullConditional'; Bad = '${a}?.Length'; Good = '${a?}.Length' }
        @{ Rule = 'NullConditional'; Bad = '${a}?[0]'; Good = '${a}[0]' }
        @{ Rule = 'PipelineChain'; Bad = 'Get-Date && Get-Item .'; Good = 'Get-Date; if ($?) { Get-Item . }' }
        @{ Rule = 'PipelineChain'; Bad = 'Get-Date || Get-Item .'; Good = 'Get-Date; if (-not $?) { Get-Item . }' }
        @{ Rule = 'LeadingPipe'; Bad = "Get-Item .`n    | Sort-Object"; Good = "Get-Item . |`n    Sort-Object" }
        @{ Rule = 'Background'; Bad = 'Get-Item . &'; Good = '& { Get-Item . }' }
        @{ Rule = 'CharacterRange'; Bad = '''a''..''z'''; Good = '1..9' }
        @{ Rule = 'CleanBlock'; Bad = 'function f { process { 1 } clean { 2 } }'; Good = 'function f { process { 1 } end { 2 } }' }
        @{ Rule = 'GenericMethod'; Bad = '[array]::Empty[int]()'; Good = '[System.Collections.Generic.List[int]]::new()' }
        @{ Rule = 'Number'; Bad = '$a = 1uy'; Good = '$a = [byte] 1' }
        @{ Rule = 'Number'; Bad = '$a = 0b101'; Good = '$a = 0xb1L + 1kb + 1.5d' }
        @{ Rule = 'Escape'; Bad = '"`u{1F600}"'; Good = '"`n`t`0``u{1F600}"' }
        @{ Rule = 'Escape'; Bad = '"a`e[0m"'; Good = '''a`e[0m''' }
        @{ Rule = 'Parameter'; Bad = '1 | ForEach-Object -Parallel { $_ }'; Good = '1 | ForEach-Object -Process { $_ }' }
        @{ Rule = 'Parameter'; Bad = 'ConvertFrom-Json $a -Depth 9'; Good = 'ConvertTo-Json $a -Depth 9' }
        @{ Rule = 'Parameter'; Bad = 'ConvertFrom-Json $a -AsHashtable'; Good = 'ConvertFrom-Json -InputObject $a' }
        @{ Rule = 'Parameter'; Bad = '$o = @{ DateKind = ''String'' }'; Good = '$o = @{ Kind = ''String'' }' }
        @{ Rule = 'Parameter'; Bad = '$o.DateKind = ''String'''; Good = '$o.ContainsKey(''DateKind'')' }
        @{ Rule = 'Parameter'; Bad = 'Get-Content a -AsByteStream'; Good = 'Get-Content a -Raw' }
        @{ Rule = 'Parameter'; Bad = 'Set-Content a b -Encoding utf8NoBOM'; Good = 'Set-Content a b -Encoding utf8' }
        @{ Rule = 'Parameter'; Bad = 'Join-Path a b c'; Good = 'Join-Path (Join-Path a b) c' }
        @{ Rule = 'Parameter'; Bad = 'Split-Path a -LeafBase'; Good = 'Split-Path a -Leaf' }
        @{ Rule = 'Parameter'; Bad = 'ConvertFrom-SecureString $a -AsPlainText'
            Good = 'ConvertTo-SecureString a -AsPlainText -Force' }
        @{ Rule = 'Parameter'; Bad = '$a | Sort-Object -Top 3'; Good = '$a | Select-Object -First 3' }
        @{ Rule = 'Parameter'; Bad = 'Export-Csv a -UseQuotes Never'; Good = 'Export-Csv a -NoTypeInformation' }
        @{ Rule = 'Parameter'; Bad = 'Get-Date -AsUTC'; Good = '(Get-Date).ToUniversalTime()' }
        @{ Rule = 'Command'; Bad = 'Get-Error'; Good = 'Get-Date' }
        @{ Rule = 'Command'; Bad = 'Test-Json $a'; Good = 'ConvertFrom-Json $a' }
        @{ Rule = 'Member'; Bad = '$start.ArgumentList.Add($a)'; Good = '$start.Arguments = $a' }
        @{ Rule = 'Member'; Bad = '$start.StandardInputEncoding = $a'; Good = '$start.StandardOutputEncoding = $a' }
        @{ Rule = 'Member'; Bad = '$start.Environment.Add($a, $b)'; Good = '$start.EnvironmentVariables.Add($a, $b); $env:x' }
        @{ Rule = 'Member'; Bad = '$process.Kill($true)'; Good = '$process.Kill()' }
        @{ Rule = 'Member'; Bad = '$process.WaitForExitAsync()'; Good = '$process.WaitForExit(5)' }
        @{ Rule = 'Member'; Bad = '$text.Contains([char] 10)'; Good = '$text.Contains(''a'')' }
        @{ Rule = 'Member'; Bad = '$text.Contains($a, [StringComparison]::Ordinal)'
            Good = '$text.IndexOf($a, [StringComparison]::Ordinal)' }
        @{ Rule = 'Member'; Bad = '$text.Split('', '')'; Good = '$text.Split('','')' }
        @{ Rule = 'Member'; Bad = '$text.Split(''-'', 2)'; Good = '$text -split ''-'', 2' }
        @{ Rule = 'Member'; Bad = '$text.Replace($a, $b, $c)'; Good = '$text.Replace($a, $b)' }
        @{ Rule = 'Member'; Bad = '$text.StartsWith([char] 45)'; Good = '$text.StartsWith(''-'')' }
        @{ Rule = 'Member'; Bad = '[System.IO.Path]::GetRelativePath($a, $b)'; Good = '[System.IO.Path]::Combine($a, $b, $c)' }
        @{ Rule = 'Member'; Bad = '[Math]::Clamp($a, 1, 2)'; Good = '[Math]::Max($a, 1)' }
        @{ Rule = 'Member'; Bad = '[System.OperatingSystem]::IsWindows()'; Good = '[System.Environment]::OSVersion.Platform' }
        @{ Rule = 'Member'; Bad = '[datetime]::UnixEpoch'; Good = '[datetime]::UtcNow' }
        @{ Rule = 'Member'; Bad = '[System.Convert]::ToHexString($a)'; Good = '[System.BitConverter]::ToString($a)' }
        @{ Rule = 'Member'; Bad = '$map.TryAdd(1, 2)'; Good = '$map.ContainsKey(1)' }
        @{ Rule = 'Variable'; Bad = 'if ($IsWindows) { 1 }'; Good = 'if ($isWanted) { 1 }' }
        @{ Rule = 'Variable'; Bad = '"$($PSStyle.Reset)"'; Good = '"$($PSVersionTable.PSVersion)"' }
        @{ Rule = 'Type'; Bad = '[System.Text.Rune]::new(1)'; Good = '[System.Text.StringBuilder]::new()' }
        @{ Rule = 'Type'; Bad = 'param([semver] $a)'; Good = 'param([version] $a)' }
        @{ Rule = 'Attribute'; Bad = 'param([ArgumentCompletions(''a'')] $a)'; Good = 'param([ValidateSet(''a'')] $a)' }
        @{ Rule = 'Attribute'; Bad = 'param([ValidateSet(''a'', ErrorMessage = ''b'')] $a)'
            Good = 'param([Parameter(HelpMessage = ''b'')] $a)' }
        # Not of 5.1 alone: -and and -or have the same precedence, so the second condition decides alone here.
        @{ Rule = 'Precedence'; Bad = '$a -or $b -and $c'; Good = '$a -or ($b -and $c); ($a -or $b) -and $c; $a -and $b -or $c' }
        @{ Rule = 'Ascii'; Bad = '# ' + [char] 0xe9; Good = '[char] 0xe9' }
    )
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../examples/powershell")
    $script:Files = Get-ChildItem -LiteralPath $root -Recurse -File | ForEach-Object {
        $isScript = $_.Extension -in '.ps1', '.psm1', '.psd1'
        @{ File = $_.FullName.Substring($root.Length + 1); Path = $_.FullName; IsScript = $isScript }
    }
    $script:RuleNames = $script:Samples.Rule | Select-Object -Unique | ForEach-Object { @{ Rule = $_ } }
}

BeforeAll {
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../examples/powershell")

    # Commands of Windows PowerShell 5.1 that the module and the recipes may call.
    $commands = @(
        'Add-Member', 'Compare-Object', 'ConvertFrom-Csv', 'ConvertFrom-Json', 'ConvertTo-Csv', 'ConvertTo-Json',
        'ConvertTo-SecureString', 'Export-Csv', 'ForEach-Object', 'Format-List', 'Format-Table', 'Get-ADGroup',
        'Get-ADGroupMember', 'Get-ADUser', 'Get-Command', 'Get-Content', 'Get-Date', 'Get-Item', 'Get-LocalGroup',
        'Get-LocalGroupMember', 'Get-LocalUser', 'Get-Member', 'Get-Module', 'Get-Variable', 'Group-Object',
        'Import-Csv', 'Import-Module', 'Join-Path', 'Measure-Object', 'New-Item', 'New-Object', 'New-TimeSpan',
        'Out-Null', 'Out-String', 'Read-Host', 'Remove-Item', 'Remove-Variable', 'Resolve-Path', 'Select-Object',
        'Set-Content', 'Set-StrictMode', 'Set-Variable', 'Sort-Object', 'Split-Path', 'Start-Sleep', 'Test-Path',
        'Where-Object', 'Write-Debug', 'Write-Error', 'Write-Host', 'Write-Output', 'Write-Progress', 'Write-Verbose',
        'Write-Warning', 'Export-ModuleMember', 'Register-ArgumentCompleter', 'Send-MailMessage', 'Get-EventLog',
        'Write-EventLog'
    )
    # Parameters that 5.1 lacks. '*' is every command.
    $parameters = @{
        '*'                        = 'Parallel', 'AsHashtable', 'AsByteStream', 'DateKind', 'ProgressAction', 'SkipCertificateCheck'
        'ForEach-Object'           = 'ThrottleLimit', 'TimeoutSeconds', 'AsJob'
        'ConvertFrom-Json'         = 'Depth', 'NoEnumerate'
        'ConvertTo-Json'           = 'AsArray', 'EnumsAsStrings', 'EscapeHandling'
        'ConvertFrom-SecureString' = 'AsPlainText'
        'Read-Host'                = 'MaskInput'
        'Join-Path'                = 'AdditionalChildPath', 'Extension'
        'Split-Path'               = 'LeafBase', 'Extension'
        'Sort-Object'              = 'Top', 'Bottom', 'Stable'
        'Select-Object'            = 'CaseInsensitive'
        'Where-Object'             = 'Not'
        'Select-String'            = 'Raw', 'NoEmphasis', 'Culture'
        'Group-Object'             = 'CaseInsensitive'
        'Measure-Object'           = 'StandardDeviation', 'AllStats'
        'Get-Date'                 = 'AsUTC', 'UnixTimeSeconds'
        'Get-ChildItem'            = 'FollowSymlink'
        'Start-Process'            = 'Environment'
        'Start-Sleep'              = 'Duration'
        'Export-Csv'               = 'UseQuotes', 'QuoteFields', 'NoHeader', 'IncludeTypeInformation'
        'ConvertTo-Csv'            = 'UseQuotes', 'QuoteFields', 'NoHeader', 'IncludeTypeInformation'
        'Get-Command'              = 'UseFuzzyMatching', 'UseAbbreviationExpansion', 'FuzzyMinimumDistance'
        'Import-Module'            = 'UseWindowsPowerShell', 'SkipEditionCheck'
        'Invoke-RestMethod'        = 'Form', 'Authentication', 'Token', 'SkipHttpErrorCheck', 'NoProxy', 'StatusCodeVariable'
        'Invoke-WebRequest'        = 'Form', 'Authentication', 'Token', 'SkipHttpErrorCheck', 'NoProxy'
        'Resolve-Path'             = 'Force', 'RelativeBasePath'
        'Test-Connection'          = 'TargetName', 'TcpPort'
    }
    # Members that no type of .NET Framework 4.6 has, or whose name is new in a type that the module may use.
    $members = @(
        'ArgumentList', 'StandardInputEncoding', 'Environment', 'WaitForExitAsync', 'GetRelativePath', 'Clamp',
        'IsWindows', 'IsLinux', 'IsMacOS', 'UnixEpoch', 'ToHexString', 'FromHexString', 'HashData', 'ProcessPath',
        'ProcessId', 'TickCount64', 'TryAdd', 'GetValueOrDefault', 'ToHashSet', 'AsSpan', 'AsMemory',
        'ReadAllTextAsync', 'WriteAllTextAsync', 'ReadAllLinesAsync', 'ReadAllBytesAsync', 'ReadExactly', 'WaitAsync',
        'EnsureCapacity', 'MaxBy', 'MinBy', 'DistinctBy', 'Chunk', 'EnumerateRunes', 'Latin1', 'ReplaceLineEndings',
        'FixedTimeEquals', 'CreateTempSubdirectory', 'ResolveLinkTarget', 'LinkTarget', 'CreateSymbolicLink',
        'UnixFileMode', 'SetUnixFileMode', 'GetUnixFileMode', 'IsAscii', 'IsAsciiDigit', 'IsAsciiLetter',
        'TrimEntries', 'EndsInDirectorySeparator', 'TrimEndingDirectorySeparator', 'IsPathFullyQualified',
        'CancelAsync', 'IsCompletedSuccessfully', 'TotalMicroseconds', 'Microsecond', 'Nanosecond', 'AddMicroseconds'
    )
    $types = @(
        'semver', 'System.Management.Automation.SemanticVersion', 'System.Text.Rune', 'System.Text.Json.JsonDocument',
        'System.Text.Json.JsonSerializer', 'System.HashCode', 'System.Index', 'System.Range', 'System.Half',
        'System.DateOnly', 'System.TimeOnly', 'System.IO.EnumerationOptions',
        'System.Collections.Generic.PriorityQueue', 'System.Security.Cryptography.AesGcm',
        'System.Security.Cryptography.CryptographicOperations', 'System.MemoryExtensions',
        'System.Runtime.InteropServices.NativeLibrary', 'System.Threading.PeriodicTimer',
        'System.Text.CodePagesEncodingProvider', 'System.Threading.Channels.Channel',
        'System.Net.Http.SocketsHttpHandler'
    )
    $variables = @(
        'IsWindows', 'IsLinux', 'IsMacOS', 'IsCoreCLR', 'PSStyle', 'EnabledExperimentalFeatures', 'PSNativeCommandArgumentPassing',
        'PSNativeCommandUseErrorActionPreference'
    )
    $attributes = 'ArgumentCompletions', 'Experimental', 'ValidateNotNullOrWhiteSpace', 'NoRunspaceAffinity'

    $functions = @(Get-ChildItem -LiteralPath "$root/Rw2fa" -Recurse -Filter *.ps1 | ForEach-Object {
            $text = [System.IO.File]::ReadAllText($_.FullName)
            [regex]::Matches($text, '(?m)^function ([\w-]+)') | ForEach-Object { $_.Groups[1].Value }
        })

    # Returns the command that an element belongs to.
    function Get-CommandName($Ast) {
        while ($null -ne $Ast -and $Ast -isnot [System.Management.Automation.Language.CommandAst]) { $Ast = $Ast.Parent }
        if ($null -ne $Ast) { $Ast.GetCommandName() }
    }
    function Test-Char($Ast) {
        $Ast -is [System.Management.Automation.Language.ConvertExpressionAst] -and $Ast.Type.TypeName.Name -eq 'char'
    }
    function Test-Token($File, [string[]] $Kinds) {
        foreach ($token in $File.Tokens) { if ("$($token.Kind)" -in $Kinds) { $token.Extent } }
    }

    # Each rule returns the places in a file that it finds.
    $rules = @{
        Ternary         = { param($File) $File.Find('TernaryExpressionAst') }
        NullCoalescing  = { param($File) Test-Token $File 'QuestionQuestion', 'QuestionQuestionEquals' }
        NullConditional = { param($File) Test-Token $File 'QuestionDot', 'QuestionLBracket' }
        PipelineChain   = { param($File) Test-Token $File 'AndAnd', 'OrOr' }
        LeadingPipe     = {
            param($File)
            Test-Token $File 'Pipe' |
                Where-Object { -not $_.StartScriptPosition.Line.Substring(0, $_.StartColumnNumber - 1).Trim() }
        }
        Background      = { param($File) $File.Find('PipelineAst') | Where-Object Background }
        CharacterRange  = {
            param($File)
            $File.Find('BinaryExpressionAst') |
                Where-Object { "$($_.Operator)" -eq 'DotDot' -and $_.Left.StaticType -eq [string] }
        }
        CleanBlock      = { param($File) $File.Find('ScriptBlockAst') | Where-Object { $null -ne $_.CleanBlock } }
        GenericMethod   = {
            param($File)
            $File.Find('InvokeMemberExpressionAst') | Where-Object { $null -ne $_.GenericTypeArguments }
        }
        Number          = {
            param($File)
            Test-Token $File 'Number' | Where-Object { 
                $_.Text -match '^[-+]?0b[01]+' -or ($_.Text -notmatch '^[-+]?0x' -and $_.Text -match '(y|s|n|u\w*)([kmgtp]b)?$') }
        }
        Escape          = {
            param($File)
            Test-Token $File 'StringExpandable', 'HereStringExpandable' | Where-Object { $_.Text -cmatch '(?<!`)(``)*`(e|u\{)' }
        }
        Parameter       = {
            param($File)
            foreach ($parameter in $File.Find('CommandParameterAst')) {
                $name = $parameter.ParameterName
                $refused = @($parameters['*']) + @($parameters[[string] (Get-CommandName $parameter)])
                if ($name -in $refused) { $parameter }
                if ($name -like 'Enc*') {
                    $elements = @($parameter.Parent.CommandElements)
                    $value = "$($elements[[array]::IndexOf($elements, $parameter) + 1])"
                    if ($value -match 'BOM|ansi|^''?\d') { $parameter }
                }
            }
            foreach ($command in $File.Find('CommandAst') | Where-Object { $_.GetCommandName() -eq 'Join-Path' }) {
                $values = @($command.CommandElements |
                        Where-Object { $_ -isnot [System.Management.Automation.Language.CommandParameterAst] })
                if ($values.Count -gt 3) { $command }
            }
            # Splatted parameters are keys of a hashtable.
            foreach ($table in $File.Find('HashtableAst')) {
                $keys = $table.KeyValuePairs | ForEach-Object { $_.Item1 }
                $keys | Where-Object { $_.Extent.Text.Trim("'") -in 'DateKind', 'AsHashtable' }
            }
            $File.Find('MemberExpressionAst') | Where-Object {
                $isGuarded = $File.Name -like '*ConvertFrom-Document.ps1' -and (Test-Guard $_ 'DateKind')
                "$($_.Member)" -in 'DateKind', 'AsHashtable' -and -not $isGuarded
            }
        }
        Command         = {
            param($File)
            $own = @($File.Find('FunctionDefinitionAst') | ForEach-Object { $_.Name })
            $File.Find('CommandAst') | Where-Object {
                $name = $_.GetCommandName()
                $name -and $name -notin $commands -and $name -notin $functions -and $name -notin $own
            }
        }
        Member          = {
            param($File)
            foreach ($member in $File.Find('MemberExpressionAst')) {
                $name = "$($member.Member)"
                if ($name -in $members) { $member; continue }
                if ($member -isnot [System.Management.Automation.Language.InvokeMemberExpressionAst]) { continue }
                $given = @($member.Arguments | Where-Object { $null -ne $_ })
                $isOverload = switch ($name) {
                    'Kill' { $given.Count -gt 0 }
                    'Contains' { $given.Count -gt 1 -or ($given.Count -eq 1 -and (Test-Char $given[0])) }
                    'Replace' { $given.Count -gt 2 -and -not $member.Static }
                    'StartsWith' { $given.Count -eq 1 -and (Test-Char $given[0]) }
                    'EndsWith' { $given.Count -eq 1 -and (Test-Char $given[0]) }
                    'Split' {
                        -not $member.Static -and $given.Count -gt 0 -and
                            $given[0] -is [System.Management.Automation.Language.StringConstantExpressionAst] -and
                            ($given[0].Value.Length -ne 1 -or $given.Count -gt 1)
                    }
                    'Join' {
                        ($member.Static -and "$($member.Expression)" -like '*.Path?') -or
                            ($given.Count -gt 0 -and (Test-Char $given[0]))
                    }
                    'Exists' { $member.Static -and "$($member.Expression)" -like '*.Path?' }
                    'GetBytes' { $member.Static -and "$($member.Expression)" -like '*RandomNumberGenerator*' }
                    'Fill' { $member.Static }
                    'GetInt32' { $member.Static }
                    default { $false }
                }
                if ($isOverload) { $member }
            }
        }
        Variable        = {
            param($File)
            $File.Find('VariableExpressionAst') | Where-Object { $_.VariablePath.UserPath -in $variables }
        }
        Type            = {
            param($File)
            @($File.Find('TypeExpressionAst')) + @($File.Find('TypeConstraintAst')) | Where-Object {
                $name = $_.TypeName.Name
                $name -in $types -or "System.$name" -in $types
            }
        }
        Attribute       = {
            param($File)
            $File.Find('AttributeAst') | Where-Object {
                $named = @($_.NamedArguments | ForEach-Object { $_.ArgumentName })
                $_.TypeName.Name -in $attributes -or ($_.TypeName.Name -like 'Validate*' -and $named -contains 'ErrorMessage')
            }
        }
        Precedence      = {
            param($File)
            $File.Find('BinaryExpressionAst') | Where-Object {
                "$($_.Operator)" -eq 'And' -and $_.Left -is [System.Management.Automation.Language.BinaryExpressionAst] -and
                    "$($_.Left.Operator)" -eq 'Or'
            }
        }
        Ascii           = {
            param($File)
            foreach ($match in [regex]::Matches($File.Text, '[^\x00-\x7f]')) {
                [pscustomobject]@{ StartLineNumber = $File.Text.Substring(0, $match.Index).Split("`n").Count; Text = $match.Value }
            }
        }
    }

    # Returns whether an element is in an if whose condition asks for this parameter.
    function Test-Guard($Ast, [string] $Name) {
        while ($null -ne $Ast) {
            $isCondition = $Ast -is [System.Management.Automation.Language.IfStatementAst]
            if ($isCondition -and $Ast.Clauses[0].Item1.Extent.Text -like "*ContainsKey('$Name')*") { return $true }
            $Ast = $Ast.Parent
        }
        $false
    }

    # Parses a text once for all rules.
    function Read-Script([string] $Text, [string] $Name) {
        $tokens = $null
        $errors = $null
        $ast = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref] $tokens, [ref] $errors)
        if ($errors) { throw "${Name}: $($errors[0].Message)" }
        # Tokens within strings are tokens, too.
        $every = [System.Collections.Generic.List[object]]::new()
        $todo = [System.Collections.Generic.Queue[object]]::new()
        foreach ($token in $tokens) { $todo.Enqueue($token) }
        while ($todo.Count -gt 0) {
            $token = $todo.Dequeue()
            $every.Add($token)
            $hasNested = $null -ne $token.PSObject.Properties['NestedTokens'] -and $token.NestedTokens
            if ($hasNested) { foreach ($nested in $token.NestedTokens) { $todo.Enqueue($nested) } }
        }
        $file = [pscustomobject]@{ Name = $Name; Text = $Text; Tokens = $every; All = $ast.FindAll({ $true }, $true) }
        $file | Add-Member -MemberType ScriptMethod -Name Find -Value {
            param([string] $Type)
            $wanted = "System.Management.Automation.Language.$Type" -as [type]
            @($this.All | Where-Object { $_ -is $wanted })
        }
        $file
    }

    function Find-Fault([string] $Rule, $File) {
        foreach ($place in (& $rules[$Rule] $File | Where-Object { $null -ne $_ })) {
            $extent = if ($place.PSObject.Properties['Extent']) { $place.Extent } else { $place }
            "$($File.Name):$($extent.StartLineNumber): ${Rule}: $($extent.Text)"
        }
    }
}

Describe 'The check itself' {
    It 'finds <Rule> in: <Bad>' -ForEach $script:Samples {
        Find-Fault $Rule (Read-Script $Bad 'bad') | Should -Not -BeNullOrEmpty
    }

    It 'does not find <Rule> in: <Good>' -ForEach $script:Samples {
        Find-Fault $Rule (Read-Script $Good 'good') | Should -BeNullOrEmpty
    }

    It 'has a bad sample for each rule' {
        $text = [System.IO.File]::ReadAllText("$PSScriptRoot/Compatibility.Tests.ps1")
        $samples = [regex]::Matches($text, "@\{ Rule = '(\w+)'; Bad") | ForEach-Object { $_.Groups[1].Value }
        $rules.Keys | Where-Object { $samples -notcontains $_ } | Should -BeNullOrEmpty
    }

    It 'allows -DateKind in its condition only' {
        $text = 'if ($c.ContainsKey(''DateKind'')) { $o.DateKind = 1 }'
        Find-Fault Parameter (Read-Script $text 'ConvertFrom-Document.ps1') | Should -BeNullOrEmpty
        Find-Fault Parameter (Read-Script '$o.DateKind = 1' 'ConvertFrom-Document.ps1') | Should -Not -BeNullOrEmpty
    }
}

Describe '<File>' -ForEach ($script:Files | Where-Object IsScript) {
    It 'needs nothing that 5.1 lacks' {
        $file = Read-Script ([System.IO.File]::ReadAllText($Path)) $File
        $faults = foreach ($rule in $rules.Keys) { Find-Fault $rule $file }
        ($faults -join "`n") | Should -BeExactly ''
    }
}

Describe '<File>' -ForEach ($script:Files | Where-Object { -not $_.IsScript }) {
    It 'is ASCII' {
        [System.IO.File]::ReadAllText($Path) -match '[^\x00-\x7f]' | Should -BeFalse
    }
}
