# Every function that changes something: what it does, what -WhatIf and -Confirm make of it.

BeforeDiscovery {
    # Name and Result are those of the first object that the call returns; Result is '' if there is none in a preview.
    # Made is the property of another object that it returns when it is not a preview.
    $script:Changes = @(
        @{ Call = 'Add-Rw2faUser new'; Name = 'new'; Result = 'added' }
        @{ Call = '''new'' | Add-Rw2faUser'; Name = 'new'; Result = 'added' }
        @{ Call = 'Add-Rw2faUser -Group new'; Name = 'new'; Result = 'added' }
        @{ Call = 'Add-Rw2faWhitelist new -For 3d -Reason why'; Name = 'new'; Result = 'added' }
        @{ Call = 'Disable-Rw2fa'; Name = 'two-factor authentication off'; Result = 'changed' }
        @{ Call = 'Import-Rw2faStore "$env:TEST_DIRECTORY/other.toml"'; Name = 'staff'; Result = 'removed' }
        @{ Call = 'Import-Rw2faUser "$env:TEST_DIRECTORY/list.csv"'; Name = 'listed'; Result = 'added' }
        @{ Call = 'New-Rw2faEnrolment alice'; Name = 'alice'; Result = 'changed'; Made = 'Secret' }
        @{ Call = 'New-Rw2faEnrolment enrolled -LostPhone'; Name = 'enrolled'; Result = 'changed'; Made = 'Secret' }
        @{ Call = 'New-Rw2faEnrolment enrolled -LostPhone -SelfService'; Name = 'enrolled'; Result = 'changed' }
        @{ Call = 'New-Rw2faRecoveryCode enrolled -Count 1'; Name = 'enrolled'; Result = 'changed'; Made = 'Code' }
        @{ Call = 'New-Rw2faTemporaryCode alice -For 8h -Uses 3'; Name = 'alice'; Result = 'changed'; Made = 'Code' }
        @{ Call = 'Remove-Rw2faSms'; Name = 'SMS gateway'; Result = 'removed' }
        @{ Call = 'Remove-Rw2faTemporaryCode temporary'; Name = 'temporary'; Result = 'changed' }
        @{ Call = 'Remove-Rw2faUser alice'; Name = 'alice'; Result = 'removed' }
        @{ Call = 'Remove-Rw2faUser -Group staff'; Name = 'staff'; Result = 'removed' }
        @{ Call = 'Remove-Rw2faWhitelist trusted'; Name = 'trusted'; Result = 'removed' }
        @{ Call = 'Reset-Rw2faKey'; Name = $null; Result = 'changed' }
        @{ Call = 'Reset-Rw2faSetting discrepancy'; Name = 'discrepancy'; Result = 'changed' }
        @{ Call = 'Reset-Rw2faUser enrolled'; Name = 'enrolled'; Result = 'changed' }
        @{ Call = 'Revoke-Rw2faGrant enrolled'; Name = 'enrolled'; Result = 'changed' }
        @{ Call = 'Set-Rw2faSetting issuer Example'; Name = 'issuer'; Result = 'changed' }
        @{ Call = 'Set-Rw2faSms -Command /usr/bin/env'; Name = 'SMS gateway'; Result = 'changed' }
        @{ Call = 'Set-Rw2faUser alice -Notes hello'; Name = 'alice'; Result = 'changed' }
        @{ Call = 'Set-Rw2faUser alice -Phone +33612345678'; Name = 'alice'; Result = 'changed' }
        @{ Call = 'Set-Rw2faUser -Group staff -Notes hello'; Name = 'staff'; Result = 'changed' }
        @{ Call = 'Unlock-Rw2faUser locked'; Name = 'locked'; Result = 'changed' }
        @{ Call = 'Update-Rw2faKey'; Name = $null; Result = 'changed' }
    )
    # Commands without --dry-run. -WhatIf does not run them at all.
    $script:WithoutPreview = @(
        @{ Call = 'Export-Rw2faKey "$env:TEST_DIRECTORY/new-file"'; Command = 'key export' }
        @{ Call = 'Export-Rw2faStore "$env:TEST_DIRECTORY/new-file"'; Command = 'store export' }
        @{ Call = 'Export-Rw2faStore "$env:TEST_DIRECTORY/new-file" -RevealSecrets -Force'; Command = 'store export' }
        @{ Call = 'Send-Rw2faTestMessage +33612345678'; Command = 'sms test' }
        @{ Call = 'Test-Rw2faCode enrolled (ConvertTo-SecureString 000000 -AsPlainText -Force)'; Command = 'users test' }
    )
}

BeforeAll {
    . "$PSScriptRoot/Store.ps1"
    Import-TestModule
    $directory = New-Directory
    $env:TEST_DIRECTORY = $directory
    [System.IO.File]::WriteAllText("$directory/list.csv", "name,type`nlisted,user`n")

    $other = New-Store
    Invoke-Admin users add other
    Invoke-Admin store export "$directory/other.toml"
    Remove-Store $other

    $store = New-Store
    Set-Gateway $directory
    Invoke-Admin users add alice locked enrolled temporary --group staff
    Invoke-Admin whitelist add trusted
    Invoke-Admin enable
    $secret = New-EnrolledUser locked -IsListed
    Lock-User locked $secret
    $null = New-EnrolledUser enrolled -IsListed
    $null = Invoke-Admin users temporary-code temporary
}

AfterAll {
    $env:TEST_DIRECTORY = $null
    Remove-Store $store
    Remove-Directory $directory
}

Describe '<Call>' -ForEach $script:Changes {
    It 'changes nothing with -WhatIf, and says what would be' {
        $before = Get-StoreContent
        $seen = Watch-Call ([scriptblock]::Create("$Call -WhatIf -WarningAction Ignore"))
        Get-StoreContent | Should -BeExactly $before
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Count | Should -BeGreaterThan 0
        $seen.Output[0].PSObject.TypeNames[0] | Should -BeExactly 'Rw2fa.Change'
        if ($Name) { $seen.Output[0].Name | Should -BeExactly $Name }
        $seen.Output[0].Result | Should -BeExactly "would be $Result"
        @($seen.Output.Result | Where-Object { $_ -notlike 'would be *' }) | Should -BeNullOrEmpty
    }

    It 'changes nothing in a script with $WhatIfPreference' {
        $before = Get-StoreContent
        $seen = Watch-Call { Invoke-ScriptFile $directory "`$WhatIfPreference = `$true`n$Call -WarningAction Ignore" }
        Get-StoreContent | Should -BeExactly $before
        $seen.Output[0].Result | Should -BeExactly "would be $Result"
    }

    It 'asks nothing with -Confirm:$false, and runs in strict mode' {
        $run = Use-StoreCopy {
            $text = "Set-StrictMode -Version Latest`n$Call -Confirm:`$false -WarningAction Ignore`n`$?"
            Watch-Call { Invoke-ScriptFile $directory $text }
        }
        $seen = $run.Result
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Count | Should -BeGreaterThan 1
        $seen.Output[-1] | Should -BeTrue
        $first = $seen.Output[0]
        if ($Name) { $first.Name | Should -BeExactly $Name }
        if ($_.ContainsKey('Made')) {
            $first.$Made | Should -Not -BeNullOrEmpty
        } else {
            $first.PSObject.TypeNames[0] | Should -BeExactly 'Rw2fa.Change'
            $first.Result | Should -BeExactly $Result
        }
        $run.After | Should -Not -BeExactly $run.Before
    }

    It 'is one error if the question cannot be answered: -Confirm' {
        $before = Get-StoreContent
        $seen = Watch-Call ([scriptblock]::Create("$Call -Confirm"))
        $seen.Errors.Count | Should -Be 1
        $seen.Output.Count | Should -Be 0
        Get-StoreContent | Should -BeExactly $before
    }
}

Describe '<Call>, whose command has no --dry-run' -ForEach $script:WithoutPreview {
    It 'does nothing with -WhatIf' {
        $before = Get-StoreContent
        $env:RW2FA_PROGRAM = New-CountingProgram $directory
        $program = $env:RW2FA_PROGRAM
        $seen = try { Watch-Call ([scriptblock]::Create("$Call -WhatIf")) } finally { $env:RW2FA_PROGRAM = $null }
        $seen.Errors | Should -BeNullOrEmpty
        $seen.Output.Count | Should -Be 0
        Get-RunCount $program | Should -Be 0
        Get-StoreContent | Should -BeExactly $before
        Test-Path -LiteralPath "$directory/new-file" | Should -BeFalse
    }

    It 'has no --dry-run to run: once it has, -WhatIf must use it' {
        Invoke-Admin @('help') @($Command -split ' ') | Out-String | Should -Not -BeLike '*--dry-run*'
    }

    It 'does it with -Confirm:$false' {
        $run = Use-StoreCopy { Watch-Call ([scriptblock]::Create("$Call -Confirm:`$false")) }
        $run.Result.Errors | Should -BeNullOrEmpty
        $run.Result.Output.Count | Should -Be 1
        [System.IO.File]::Delete("$directory/new-file")
    }
}

Describe 'The tables of changes' {
    It 'have every function with -WhatIf' {
        # Tests of their own call these.
        $others = @{
            'Enable-Rw2fa'     = 'the store of these tests is on'
            'Initialize-Rw2fa' = 'creates the store'
            'Move-Rw2faAudit'  = 'needs an audit trail of earlier months'
            'Set-Rw2faLicense' = 'needs a licence'
        }
        $text = [System.IO.File]::ReadAllText("$PSScriptRoot/Change.Tests.ps1")
        $table = [regex]::Matches($text, "Call = '+(?:new'' \| )?(\w+-Rw2fa\w*)") | ForEach-Object { $_.Groups[1].Value }
        $changing = Get-Command -Module Rw2fa | Where-Object { $_.Parameters.ContainsKey('WhatIf') }
        $changing.Name | Where-Object { $table -notcontains $_ -and -not $others.ContainsKey($_) } | Should -BeNullOrEmpty
        @($changing).Count | Should -BeGreaterThan 20
    }
}
