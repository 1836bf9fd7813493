# The module as a whole: its help, its manifest, and that it covers the commands of the program.

BeforeDiscovery {
    $public = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../examples/powershell/Rw2fa/Public")
    $script:Functions = Get-ChildItem -LiteralPath $public -Filter *.ps1 |
        ForEach-Object { @{ Name = $_.BaseName; Path = $_.FullName } }
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule

    # Lists the commands of the program that do something: 'status', 'users add' and so on.
    function Get-ProgramCommand([string[]] $Words = @()) {
        $help = & rw2fa help @Words
        $start = [array]::IndexOf($help, 'Commands:')
        $isLeaf = $start -lt 0 -or -not ($help | Where-Object { $_ -like 'Usage:*' -and $_ -like '*<COMMAND>*' })
        if ($isLeaf -and $Words) { $Words -join ' ' }
        if ($start -lt 0) { return }
        for ($i = $start + 1; $help[$i]; $i++) {
            $word = ($help[$i].Trim() -split ' ')[0]
            if ($word -ne 'help') { Get-ProgramCommand ($Words + $word) }
        }
    }

    # Which function runs which command.
    $covered = @{
        'init'                 = 'Initialize-Rw2fa'
        'status'               = 'Get-Rw2faStatus'
        'enable'               = 'Enable-Rw2fa'
        'disable'              = 'Disable-Rw2fa'
        'users list'           = 'Get-Rw2faUser'
        'users show'           = 'Get-Rw2faUser'
        'users add'            = 'Add-Rw2faUser'
        'users edit'           = 'Set-Rw2faUser'
        'users enrol'          = 'New-Rw2faEnrolment'
        'users reset'          = 'Reset-Rw2faUser'
        'users remove'         = 'Remove-Rw2faUser'
        'users unlock'         = 'Unlock-Rw2faUser'
        'users revoke'         = 'Revoke-Rw2faGrant'
        'users test'           = 'Test-Rw2faCode'
        'users recovery-codes' = 'New-Rw2faRecoveryCode'
        'users temporary-code' = 'New-Rw2faTemporaryCode'
        'users lost-phone'     = 'New-Rw2faEnrolment'
        'whitelist add'        = 'Add-Rw2faWhitelist'
        'whitelist remove'     = 'Remove-Rw2faWhitelist'
        'whitelist list'       = 'Get-Rw2faWhitelist'
        'explain'              = 'Test-Rw2faLogin'
        'advanced list'        = 'Get-Rw2faSetting'
        'advanced set'         = 'Set-Rw2faSetting'
        'advanced unset'       = 'Reset-Rw2faSetting'
        'sms configure'        = 'Set-Rw2faSms'
        'sms show'             = 'Get-Rw2faSms'
        'sms check'            = 'Test-Rw2faSms'
        'sms test'             = 'Send-Rw2faTestMessage'
        'sms remove'           = 'Remove-Rw2faSms'
        'license serial'       = 'Get-Rw2faLicense'
        'license activate'     = 'Set-Rw2faLicense'
        'license show'         = 'Get-Rw2faLicense'
        'audit'                = 'Get-Rw2faAudit'
        'audit verify'         = 'Test-Rw2faAudit'
        'audit archive'        = 'Move-Rw2faAudit'
        'key export'           = 'Export-Rw2faKey'
        'key rotate'           = 'Update-Rw2faKey'
        'key reset'            = 'Reset-Rw2faKey'
        'store check'          = 'Test-Rw2faStore'
        'store export'         = 'Export-Rw2faStore'
        'store import'         = 'Import-Rw2faStore'
        'doctor'               = 'Test-Rw2faHealth'
    }
    # Commands without a function, and why.
    $exceptions = @{
        'verify'         = 'Confirm-Rw2faLogin runs rw2fa-verify, as a portal does'
        'advanced get'   = 'Get-Rw2faSetting NAME returns one setting with its value'
        'sms portal'     = 'prints an address to open in a browser'
        'license portal' = 'prints an address to open in a browser'
        'completions'    = 'a script for a shell, not data'
        'man'            = 'manual pages for Unix'
    }
}

Describe '<Name>' -ForEach $script:Functions {
    BeforeAll {
        $help = Get-Help $Name -Full
        $command = Get-Command $Name -Module Rw2fa
        $common = [System.Management.Automation.Cmdlet]::CommonParameters +
            [System.Management.Automation.Cmdlet]::OptionalCommonParameters
        $own = @($command.Parameters.Keys | Where-Object { $_ -notin $common })
    }

    It 'is exported and has an approved verb and the prefix' {
        (Import-PowerShellDataFile -LiteralPath $script:ModuleManifest).FunctionsToExport | Should -Contain $Name
        $verb, $noun = $Name -split '-', 2
        $verb | Should -BeIn (Get-Verb).Verb
        $noun | Should -BeLikeExactly 'Rw2fa*'
    }

    It 'has a synopsis, a description and two examples' {
        # Without a synopsis, Get-Help makes one of the syntax.
        $help.Synopsis.Trim() | Should -Not -BeLike "*$Name*"
        $help.Synopsis.Trim() | Should -Match '\.$'
        ($help.description | ForEach-Object { $_.Text }) -join '' | Should -Not -BeNullOrEmpty
        $examples = @($help.examples.example)
        $examples.Count | Should -BeGreaterOrEqual 2
        foreach ($example in $examples) { $example.code | Should -BeLike '*-Rw2fa*' }
    }

    It 'describes each parameter, and no other' {
        $text = [System.IO.File]::ReadAllText($Path)
        $described = @([regex]::Matches($text, '(?m)^ *\.PARAMETER +(\w+)\r?\n *(?!\.)\S') | ForEach-Object { $_.Groups[1].Value })
        @($described | Sort-Object) -join ' ' | Should -BeExactly (@($own | Sort-Object) -join ' ')
    }

    It 'has examples that can be parsed, with parameters that exist' {
        foreach ($example in @($help.examples.example)) {
            $code = $example.code + "`n" + (@($example.remarks | ForEach-Object { if ($_) { $_.Text } }) -join "`n")
            $tokens = $null
            $errors = $null
            $ast = [System.Management.Automation.Language.Parser]::ParseInput($example.code, [ref] $tokens, [ref] $errors)
            $errors | Should -BeNullOrEmpty -Because $code
            $calls = $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
            foreach ($call in $calls | Where-Object { $_.GetCommandName() -like '*-Rw2fa*' }) {
                $called = Get-Command $call.GetCommandName() -Module Rw2fa
                foreach ($element in $call.CommandElements) {
                    if ($element -is [System.Management.Automation.Language.CommandParameterAst]) {
                        { $called.ResolveParameter($element.ParameterName) } | Should -Not -Throw -Because $example.code
                    }
                }
            }
        }
    }

    It 'says what it returns' {
        $command.OutputType.Count | Should -BeGreaterThan 0
    }

    It 'supports -WhatIf if it changes something, and only then' {
        $isReading = $Name -match '^(Get|Test|Confirm)-' -and $Name -ne 'Test-Rw2faCode'
        $command.Parameters.ContainsKey('WhatIf') | Should -Be (-not $isReading)
    }

    It 'takes secrets only as secure texts' {
        foreach ($parameter in $own | Where-Object { $_ -match 'Token|Password|Secret' -and $_ -ne 'RevealSecrets' }) {
            $command.Parameters[$parameter].ParameterType | Should -Be ([securestring]) -Because $parameter
        }
    }
}

Describe 'The module' {
    It 'exports its public functions, and nothing else' {
        $module = Get-Module Rw2fa
        $files = Get-ChildItem -LiteralPath "$script:ModuleDirectory/Public" -Filter *.ps1
        @($module.ExportedCommands.Keys | Sort-Object) -join ' ' | Should -BeExactly (@($files.BaseName | Sort-Object) -join ' ')
        $module.ExportedAliases.Count + $module.ExportedVariables.Count + $module.ExportedCmdlets.Count | Should -Be 0
    }

    It 'has a complete manifest' {
        $manifest = Test-ModuleManifest $script:ModuleManifest -WarningAction Ignore
        $manifest.Name | Should -BeExactly 'Rw2fa'
        $manifest.PowerShellVersion | Should -Be ([version] '5.1')
        foreach ($field in 'Author', 'Description', 'Copyright', 'CompanyName', 'Guid', 'Tags') {
            "$($manifest.$field)" | Should -Not -BeNullOrEmpty -Because $field
        }
        @($manifest.ExportedFunctions.Keys | Where-Object { $_ -like '*[*]*' }) | Should -BeNullOrEmpty
    }

    It 'has the version of the program' {
        $version = (& rw2fa --version) -replace '^\S+ (\d+\.\d+\.\d+).*', '$1'
        (Get-Module Rw2fa).Version | Should -Be ([version] $version)
    }

    It 'loads without output, errors or changes of the caller' {
        Set-StrictMode -Off
        $ErrorActionPreference = 'SilentlyContinue'
        $output = Import-Module $script:ModuleManifest -Force -Scope Global 2>&1 3>&1
        $output | Should -BeNullOrEmpty
        $ErrorActionPreference | Should -Be 'SilentlyContinue'
        # In strict mode, this would fail.
        { $nothing = $null; $nothing.Length } | Should -Not -Throw
    }

    It 'has a page about itself' {
        Test-Path -LiteralPath "$script:ModuleDirectory/en-US/about_Rw2fa.help.txt" | Should -BeTrue
    }

    It 'has a view for each kind of object that has more than four properties' {
        $views = [xml] [System.IO.File]::ReadAllText("$script:ModuleDirectory/Rw2fa.Format.ps1xml")
        $shown = @($views.SelectNodes('//ViewSelectedBy/TypeName') | ForEach-Object { $_.InnerText })
        foreach ($type in 'User', 'UserDetail', 'Setting', 'WhitelistEntry', 'AuditLine', 'Finding', 'Answer') {
            $shown | Should -Contain "Rw2fa.$type"
        }
    }
}

Describe 'The commands of the program' {
    It 'each have a function, or a reason why not' {
        $commands = @(Get-ProgramCommand)
        $commands.Count | Should -BeGreaterThan 40
        $commands | Where-Object { -not $covered.ContainsKey($_) -and -not $exceptions.ContainsKey($_) } | Should -BeNullOrEmpty
        @($covered.Keys) + @($exceptions.Keys) | Where-Object { $commands -notcontains $_ } | Should -BeNullOrEmpty
    }

    It 'are run by the function that is named here' {
        # The words of the command are texts in the function, or in a private function that it calls.
        $texts = @{}
        $calls = @{}
        foreach ($file in Get-ChildItem -LiteralPath $script:ModuleDirectory -Recurse -Filter *.ps1) {
            $ast = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref] $null, [ref] $null)
            $functions = $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true)
            foreach ($function in $functions) {
                $isText = { $args[0] -is [System.Management.Automation.Language.StringConstantExpressionAst] }
                $strings = $function.FindAll($isText, $true)
                $texts[$function.Name] = @($strings | ForEach-Object { $_.Value })
                $commands = $function.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)
                $calls[$function.Name] = @($commands | ForEach-Object { $_.GetCommandName() } | Where-Object { $_ })
            }
        }
        foreach ($command in $covered.Keys) {
            $name = $covered[$command]
            $texts.Keys | Should -Contain $name
            $words = $texts[$name] + @($calls[$name] | Where-Object { $texts.ContainsKey($_) } | ForEach-Object { $texts[$_] })
            foreach ($word in $command -split ' ') { $words | Should -Contain $word -Because "$name runs $command" }
        }
    }
}
