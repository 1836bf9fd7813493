# What a caller sees when a function fails: errors act as those of a built-in cmdlet, whether the caller is a
# script, a function of another module or a console.

BeforeDiscovery {
    # A call of each function that fails because there is no store.
    $script:Calls = @(
        'Add-Rw2faUser alice'
        'Add-Rw2faWhitelist alice'
        'Disable-Rw2fa'
        'Enable-Rw2fa'
        'Export-Rw2faKey "$env:TEST_DIRECTORY/key"'
        'Export-Rw2faStore "$env:TEST_DIRECTORY/export.toml"'
        'Get-Rw2faAudit'
        'Get-Rw2faLicense'
        'Get-Rw2faSetting'
        'Get-Rw2faSms'
        'Get-Rw2faStatus'
        'Get-Rw2faUser'
        'Get-Rw2faWhitelist'
        'Import-Rw2faStore "$env:TEST_DIRECTORY/empty.toml"'
        'Import-Rw2faUser "$env:TEST_DIRECTORY/list.csv"'
        'Move-Rw2faAudit -Before 2020-01-01 -Destination $env:TEST_DIRECTORY'
        'New-Rw2faEnrolment alice'
        'New-Rw2faRecoveryCode alice'
        'New-Rw2faTemporaryCode alice'
        'Remove-Rw2faSms'
        'Remove-Rw2faTemporaryCode alice'
        'Remove-Rw2faUser alice'
        'Remove-Rw2faWhitelist alice'
        'Reset-Rw2faKey'
        'Reset-Rw2faSetting digits'
        'Reset-Rw2faUser alice'
        'Revoke-Rw2faGrant alice'
        'Send-Rw2faTestMessage +33612345678'
        'Set-Rw2faLicense "$env:TEST_DIRECTORY/list.csv"'
        'Set-Rw2faSetting digits 8'
        'Set-Rw2faSms -Command /usr/bin/env'
        'Set-Rw2faUser alice -Notes x'
        'Test-Rw2faAudit'
        'Test-Rw2faCode alice (ConvertTo-SecureString 123456 -AsPlainText -Force)'
        'Test-Rw2faHealth'
        'Test-Rw2faLogin alice'
        'Test-Rw2faSms'
        'Test-Rw2faStore'
        'Unlock-Rw2faUser alice'
        'Update-Rw2faKey'
    ) | ForEach-Object { @{ Call = $_; Function = ($_ -split ' ')[0] } }
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    # Scripts have no other way to know it.
    $env:TEST_DIRECTORY = $directory
    [System.IO.File]::WriteAllText("$directory/list.csv", "name`nalice`n")
    [System.IO.File]::WriteAllText("$directory/empty.toml", '')
    $ConfirmPreference = 'None'
}

AfterAll {
    $env:TEST_DIRECTORY = $null
    Remove-Directory $directory
}

Describe 'The table of calls' {
    It 'has every function that can fail' {
        # Calls of these fail in tests of their own.
        $others = @{
            'Confirm-Rw2faLogin' = 'never fails: a refusal says why'
            'Initialize-Rw2fa'   = 'creates the store'
        }
        $table = [regex]::Matches([System.IO.File]::ReadAllText("$PSScriptRoot/Caller.Tests.ps1"), "(?m)^        '(\w+-Rw2fa\w*)") |
            ForEach-Object { $_.Groups[1].Value }
        $missing = (Get-Command -Module Rw2fa).Name | Where-Object { $table -notcontains $_ -and -not $others.ContainsKey($_) }
        $missing | Should -BeNullOrEmpty
    }
}

Describe '<Function> without a store' -ForEach $script:Calls {
    BeforeAll {
        $env:RW2FA_STORE = "$directory/missing"
        $id = "Rw2fa.store,$Function"
    }
    AfterAll { $env:RW2FA_STORE = $null }

    It 'reports one error and goes on: -ErrorAction Continue' {
        $Error.Clear()
        $seen = Watch-Call ([scriptblock]::Create("$Call -ErrorAction Continue; 'went on'"))
        $seen.Errors.Count | Should -Be 1
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly $id
        $seen.Errors[0].CategoryInfo.Category | Should -Be 'ResourceUnavailable'
        $seen.Errors[0].CategoryInfo.Activity | Should -BeExactly $Function
        $seen.Output | Should -BeExactly @('went on')
        $Error.Count | Should -Be 1
    }

    It 'reports nothing, sets $? and fills -ErrorVariable: -ErrorAction SilentlyContinue' {
        $Error.Clear()
        $text = "$Call -ErrorAction SilentlyContinue -ErrorVariable failures; `$?; `$failures.Count"
        $seen = Watch-Call ([scriptblock]::Create($text))
        $seen.Errors.Count | Should -Be 0
        $seen.Output | Should -Be @($false, 1)
        $Error.Count | Should -Be 1
        $Error[0].FullyQualifiedErrorId | Should -BeExactly $id
    }

    It 'can be caught: -ErrorAction Stop' {
        $seen = Watch-Call ([scriptblock]::Create("$Call -ErrorAction Stop; 'went on'"))
        $seen.IsTerminated | Should -BeTrue
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly $id
        $seen.Errors[0].Exception | Should -BeOfType ([System.InvalidOperationException])
    }

    It 'ends a script whose $ErrorActionPreference is Stop' {
        $seen = Watch-Call { Invoke-ScriptFile $directory "`$ErrorActionPreference = 'Stop'`n$Call`n'went on'" }
        $seen.IsTerminated | Should -BeTrue
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly $id
        $seen.Errors[0].InvocationInfo.ScriptLineNumber | Should -Be 2
    }
}

Describe 'An error' {
    BeforeAll {
        $store = New-Store
        Invoke-Admin users add alice bob carol dave
    }
    AfterAll { Remove-Store $store }

    It 'has the name as it was given as its target, and one record for each failure' {
        $seen = Watch-Call { Remove-Rw2faUser 'Nobody', 'CORP\Ghost' -Confirm:$false }
        $seen.Errors.TargetObject | Should -BeExactly @('Nobody', 'CORP\Ghost')
        foreach ($failure in $seen.Errors) { $failure.FullyQualifiedErrorId | Should -BeExactly 'Rw2fa.not-found,Remove-Rw2faUser' }
        $seen.Errors.CategoryInfo.Category | Should -Be @('ObjectNotFound', 'ObjectNotFound')
        $seen.Output.Count | Should -Be 0
    }

    It 'has the object from the pipeline as its target' {
        $row = [pscustomobject]@{ Name = 'ghost'; Type = 'user' }
        $seen = Watch-Call { $row | Remove-Rw2faUser -Confirm:$false }
        $seen.Errors.Count | Should -Be 1
        [object]::ReferenceEquals($seen.Errors[0].TargetObject, $row) | Should -BeTrue
    }

    It 'says what happened, and has the hint apart' {
        $seen = Watch-Call { Remove-Rw2faUser ghost -Confirm:$false }
        $seen.Errors[0].Exception.Message | Should -BeLike "*'ghost'*"
        $seen.Errors[0].Exception.Message | Should -Not -BeLike '*line*'
        $seen.Errors[0].Exception.Message | Should -Not -BeLike '*hint*'
        $seen.Errors[0].Exception.Data['hint'] | Should -Not -BeNullOrEmpty
        "$($seen.Errors[0])" | Should -BeLike '*(hint: *'
    }

    It 'points to the line of the caller' {
        $text = "# A comment`n`nif (`$true) {`n    Remove-Rw2faUser ghost -Confirm:`$false`n}"
        $seen = Watch-Call { Invoke-ScriptFile $directory $text }
        $place = $seen.Errors[0].InvocationInfo
        $place.ScriptLineNumber | Should -Be 4
        $place.ScriptName | Should -BeLike "$directory*.ps1"
        $place.Line.Trim() | Should -BeExactly 'Remove-Rw2faUser ghost -Confirm:$false'
    }

    It 'does not keep the others from being changed, unless it ends the call' {
        $seen = Watch-Call { Remove-Rw2faUser ghost, alice, phantom -Confirm:$false }
        $seen.Output.Name | Should -BeExactly @('alice')
        $seen.Errors.TargetObject | Should -BeExactly @('ghost', 'phantom')
        $seen = Watch-Call { Remove-Rw2faUser ghost, bob -Confirm:$false -ErrorAction Stop }
        $seen.IsTerminated | Should -BeTrue
        (Get-Listed).name | Should -BeExactly @('bob', 'carol', 'dave')
    }

    It 'sets $? to false, and success to true' {
        Remove-Rw2faUser ghost -Confirm:$false -ErrorAction SilentlyContinue
        $failed = $?
        $null = Remove-Rw2faUser dave -Confirm:$false
        $done = $?
        $failed | Should -BeFalse
        $done | Should -BeTrue
    }

    It 'adds to the variable of -ErrorVariable +failures' {
        Remove-Rw2faUser ghost -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failures
        Remove-Rw2faUser phantom -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable +failures
        $failures.TargetObject | Should -BeExactly @('ghost', 'phantom')
    }

    It 'is not one of a native command: $PSNativeCommandUseErrorActionPreference changes nothing' {
        $text = @'
$PSNativeCommandUseErrorActionPreference = $true
$ErrorActionPreference = 'Continue'
Remove-Rw2faUser ghost -Confirm:$false
'went on'
'@
        $seen = Watch-Call { Invoke-ScriptFile $directory $text }
        $seen.Errors.Count | Should -Be 1
        $seen.Output | Should -BeExactly @('went on')
    }
}

Describe 'A caller' {
    BeforeAll {
        $store = New-Store
        $remove = 'Remove-Rw2faUser ghost -Confirm:$false'
    }
    AfterAll { Remove-Store $store }

    It 'is obeyed where it is a function of another module, with the preference of that module' {
        $module = New-Module -ScriptBlock ([scriptblock]::Create("
            `$ErrorActionPreference = 'Stop'
            function Invoke-Remove { $remove; 'went on' }"))
        $seen = Watch-Call { & $module { Invoke-Remove } }
        $seen.IsTerminated | Should -BeTrue
        $seen.Errors[0].FullyQualifiedErrorId | Should -BeExactly 'Rw2fa.not-found,Remove-Rw2faUser'
    }

    It 'is obeyed where a function of a script sets the preference for itself alone' {
        $text = "
            function Invoke-Strictly { `$ErrorActionPreference = 'Stop'; $remove; 'went on' }
            try { Invoke-Strictly } catch { 'caught' }
            $remove
            'went on'"
        $seen = Watch-Call { Invoke-ScriptFile $directory $text }
        $seen.Output | Should -BeExactly @('caught', 'went on')
        $seen.Errors.Count | Should -Be 1
    }

    It 'is obeyed where -ErrorAction says otherwise than the preference' {
        $text = "`$ErrorActionPreference = 'Stop'`n$remove -ErrorAction Continue`n'went on'"
        $seen = Watch-Call { Invoke-ScriptFile $directory $text }
        $seen.Output | Should -BeExactly @('went on')
        $seen.Errors.Count | Should -Be 1
    }

    It 'is obeyed where -ErrorAction Ignore leaves no trace' {
        $Error.Clear()
        $seen = Watch-Call { Remove-Rw2faUser ghost -Confirm:$false -ErrorAction Ignore; $? }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($false)
        $Error.Count | Should -Be 0
    }

    It 'is obeyed where a script hides errors' {
        $seen = Watch-Call { Invoke-ScriptFile $directory "`$ErrorActionPreference = 'SilentlyContinue'`n$remove`n`$?" }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output | Should -Be @($false)
    }

    It 'does not lose its own preference' {
        $text = "`$ErrorActionPreference = 'SilentlyContinue'`n$remove`n`$ErrorActionPreference"
        $seen = Watch-Call { Invoke-ScriptFile $directory $text }
        $seen.Output | Should -BeExactly @('SilentlyContinue')
    }

    It 'runs in strict mode' {
        $text = "Set-StrictMode -Version Latest`ntry { $remove -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId }"
        $seen = Watch-Call { Invoke-ScriptFile $directory $text }
        $seen.Output | Should -BeExactly @('Rw2fa.not-found,Remove-Rw2faUser')
    }

    It 'sees the call with -Verbose, or with $VerbosePreference' {
        $said = Remove-Rw2faUser ghost -Confirm:$false -Verbose -ErrorAction SilentlyContinue 4>&1
        ($said | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }).Message | Should -Contain (
            'rw2fa --format json --yes users remove --from -')
        $text = "`$VerbosePreference = 'Continue'`n$remove -ErrorAction SilentlyContinue"
        $said = Invoke-ScriptFile $directory $text 4>&1
        "$said" | Should -BeLike '*users remove --from -*'
        $said = Remove-Rw2faUser ghost -Confirm:$false -ErrorAction SilentlyContinue 4>&1
        $said | Should -BeNullOrEmpty
    }

    It 'is a script in a process of its own: Stop ends it, Continue does not' {
        $text = @"
`$ErrorActionPreference = 'Continue'
$remove
'after Continue'
`$ErrorActionPreference = 'SilentlyContinue'
$remove
"after SilentlyContinue: `$?"
`$ErrorActionPreference = 'Stop'
$remove
'after Stop'
"@
        $said = Invoke-NewPowerShell $directory $text
        $LASTEXITCODE | Should -Be 1
        $lines = @($said | ForEach-Object { "$_" })
        $lines | Should -Contain 'after Continue'
        $lines | Should -Contain 'after SilentlyContinue: False'
        $lines | Should -Not -Contain 'after Stop'
        @($lines -like "*no user is called 'ghost'*").Count | Should -Be 2
    }
}
